/* SPDX-License-Identifier: Apache-2.0
 *
 * container.* and k8s.* (fields-semantics.md 6.2): the container the event's thread is in, or during a container event the
 * one it describes, with what the capture's own container events told about it.
 */
#include "replay/extract.h"

#include <string.h>

#include "common/mem.h"
#include "rules/regex.h"

enum { SHORT_ID = 12, TYPE_HOST = 0xfffe };

/* Strings of the host are empty, its booleans false. */
static const struct hc_container host = { .type = TYPE_HOST };

/* meta NULL and not host: an id without metadata, almost everything absent. */
struct view {
	const struct hc_container *meta;
	struct hc_str id; /* empty on the host */
};

static bool view_of(struct hc_eval *eval, struct view *ret)
{
	const struct hc_container *described = eval->state->container;

	if (described) {
		*ret = (struct view){ described, hc_text_str(described->id) };
		return true;
	}
	if (!eval->thread)
		return false;
	ret->id = hc_container_id(eval->thread);
	ret->meta = ret->id.len ? hc_containers_find(&eval->state->containers, ret->id) : &host;
	return true;
}

static const char *type_name(int32_t type)
{
	switch (type) {
	case 0: return "docker";
	case 1: return "lxc";
	case 2: return "libvirt-lxc";
	case 3: return "mesos";
	case 4: return "rkt";
	case 6: return "cri";
	case 7: return "containerd";
	case 8: return "cri-o";
	case 9: return "bpm";
	case 11: return "podman";
	case TYPE_HOST: return "host";
	default: return "";
	}
}

bool hc_extract_container(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_container *c;
	uint64_t start;
	struct view v;

	if (!view_of(eval, &v))
		return false;
	c = v.meta;
	switch (field->id) {
	case HC_FIELD_CONTAINER_ID: return hc_give_str(ret, c == &host ? HC_STR("host") : v.id);
	case HC_FIELD_CONTAINER_START_TS: case HC_FIELD_CONTAINER_DURATION:
		start = eval->thread && !eval->state->container ? eval->thread->pidns_init_start_ts_ns : 0;
		if (!start)
			return false;
		return hc_give_int(ret, field->id == HC_FIELD_CONTAINER_START_TS ? start : eval->ev->ts_ns - start);
	default: break;
	}
	if (!c)
		return false;
	switch (field->id) {
	case HC_FIELD_CONTAINER_FULL_ID:
		return c == &host ? hc_give_str(ret, HC_STR("host")) : hc_give_text(ret, c->full_id);
	case HC_FIELD_CONTAINER_NAME: return c == &host ? hc_give_str(ret, HC_STR("host")) : hc_give_text(ret, c->name);
	case HC_FIELD_CONTAINER_TYPE: return hc_give_str(ret, hc_str(type_name(c->type)));
	case HC_FIELD_CONTAINER_IMAGE: return hc_give_text(ret, c->image);
	case HC_FIELD_CONTAINER_IMAGE_ID: return hc_give_text(ret, c->image_id);
	case HC_FIELD_CONTAINER_IMAGE_REPOSITORY: return hc_give_text(ret, c->image_repo);
	case HC_FIELD_CONTAINER_IMAGE_TAG: return hc_give_text(ret, c->image_tag);
	case HC_FIELD_CONTAINER_IMAGE_DIGEST: return hc_give_text(ret, c->image_digest);
	case HC_FIELD_CONTAINER_IP: return hc_give_text(ret, c->ip);
	case HC_FIELD_CONTAINER_CNI_JSON: return hc_give_text(ret, c->cni_json);
	case HC_FIELD_CONTAINER_PRIVILEGED: return hc_give_bool(ret, c->privileged);
	case HC_FIELD_CONTAINER_HOST_PID: return hc_give_bool(ret, c->host_pid);
	case HC_FIELD_CONTAINER_HOST_NETWORK: return hc_give_bool(ret, c->host_network);
	default: return hc_give_bool(ret, c->host_ipc);
	}
}

static void put(struct hc_buf *to, const struct hc_text *text)
{
	struct hc_str s = hc_text_str(text);

	hc_buf_put(to, s.p, s.len);
}

/* The pattern of a [KEY], compiled once; kept in the context by field. A key that is no pattern matches nothing. */
static const struct hc_regex *pattern_of(struct hc_eval *eval, const struct hc_field *field)
{
	struct hc_eval_pattern *p;
	char why[128];

	for (p = eval->patterns; p; p = p->next)
		if (p->field == field)
			return p->regex;
	p = hc_malloc(sizeof *p);
	*p = (struct hc_eval_pattern){ eval->patterns, field,
				       hc_regex_new_search(field->key.p, field->key.len, why, sizeof why) };
	eval->patterns = p;
	return p->regex;
}

/* container.mount*[N] or [KEY]: KEY searches the source, for .source the destination (6.2). */
static const struct hc_mount *mount_of(struct hc_eval *eval, const struct hc_container *c, const struct hc_field *field)
{
	const struct hc_regex *regex;

	if (field->has_index)
		return field->index >= 0 && field->index < c->nmounts ? &c->mounts[field->index] : NULL;
	regex = pattern_of(eval, field);
	for (uint32_t i = 0; regex && i < c->nmounts; i++) {
		struct hc_str where = hc_text_str(field->id == HC_FIELD_CONTAINER_MOUNT_SOURCE ? c->mounts[i].dest
											       : c->mounts[i].source);

		if (hc_regex_match(regex, where.p, where.len))
			return &c->mounts[i];
	}
	return NULL;
}

static void put_mount(struct hc_buf *to, const struct hc_mount *m)
{
	put(to, m->source);
	hc_buf_putc(to, ':');
	put(to, m->dest);
	hc_buf_putc(to, ':');
	put(to, m->mode);
	hc_buf_puts(to, m->rw ? ":true:" : ":false:");
	put(to, m->propagation);
}

bool hc_extract_mount(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_buf *buf = hc_eval_text(eval);
	const struct hc_mount *m;
	struct view v;

	if (!view_of(eval, &v) || !v.meta)
		return false;
	if (field->id == HC_FIELD_CONTAINER_MOUNTS) {
		for (uint32_t i = 0; i < v.meta->nmounts; i++) {
			if (i)
				hc_buf_putc(buf, ',');
			put_mount(buf, &v.meta->mounts[i]);
		}
		return hc_give_buf(eval, ret, buf);
	}
	m = mount_of(eval, v.meta, field);
	if (!m)
		return false;
	switch (field->id) {
	case HC_FIELD_CONTAINER_MOUNT_SOURCE: return hc_give_text(ret, m->source);
	case HC_FIELD_CONTAINER_MOUNT_DEST: return hc_give_text(ret, m->dest);
	case HC_FIELD_CONTAINER_MOUNT_MODE: return hc_give_text(ret, m->mode);
	case HC_FIELD_CONTAINER_MOUNT_RDWR: return hc_give_str(ret, m->rw ? HC_STR("true") : HC_STR("false"));
	case HC_FIELD_CONTAINER_MOUNT_PROPAGATION: return hc_give_text(ret, m->propagation);
	default:
		put_mount(buf, m);
		return hc_give_buf(eval, ret, buf);
	}
}

static bool starts_with(struct hc_str s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && !memcmp(s.p, prefix, len);
}

/* "k:v, k2:v2" without the runtime's own keys; only "k" if the value is empty. */
static bool give_labels(struct hc_eval *eval, const struct hc_label *labels, uint32_t n, struct hc_value *ret)
{
	struct hc_buf *buf = hc_eval_text(eval);

	for (uint32_t i = 0; i < n; i++) {
		struct hc_str key = hc_text_str(labels[i].key);

		if (starts_with(key, "annotation.") || starts_with(key, "io.kubernetes."))
			continue;
		if (buf->len)
			hc_buf_puts(buf, ", ");
		hc_buf_put(buf, key.p, key.len);
		if (hc_text_str(labels[i].value).len) {
			hc_buf_putc(buf, ':');
			put(buf, labels[i].value);
		}
	}
	return hc_give_buf(eval, ret, buf);
}

static bool give_label(const struct hc_label *labels, uint32_t n, struct hc_str key, struct hc_value *ret)
{
	for (uint32_t i = 0; i < n; i++)
		if (hc_str_eq(hc_text_str(labels[i].key), key))
			return hc_give_text(ret, labels[i].value);
	return false;
}

/* The pod's sandbox container, "B" of 6.2. An empty sandbox id names the host entry (Q). */
static const struct hc_container *sandbox_of(struct hc_eval *eval, const struct hc_container *c)
{
	struct hc_str id = hc_text_str(c->pod_sandbox_id);

	if (hc_text_str(c->cni_json).len)
		return NULL;
	if (!id.len)
		return &host;
	if (id.len > SHORT_ID)
		id.len = SHORT_ID;
	return hc_containers_find(&eval->state->containers, id);
}

bool hc_extract_pod(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_container *c, *b;
	struct hc_str id;
	struct view v;

	if (!view_of(eval, &v) || !v.meta)
		return false;
	c = v.meta;
	switch (field->id) {
	case HC_FIELD_CONTAINER_LABEL: return give_label(c->labels, c->nlabels, field->key, ret);
	case HC_FIELD_CONTAINER_LABELS: return give_labels(eval, c->labels, c->nlabels, ret);
	case HC_FIELD_K8S_POD_NAME: return give_label(c->labels, c->nlabels, HC_STR("io.kubernetes.pod.name"), ret);
	case HC_FIELD_K8S_NS_NAME: return give_label(c->labels, c->nlabels, HC_STR("io.kubernetes.pod.namespace"), ret);
	case HC_FIELD_K8S_POD_ID: case HC_FIELD_K8S_POD_UID:
		return give_label(c->labels, c->nlabels, HC_STR("io.kubernetes.pod.uid"), ret);
	case HC_FIELD_K8S_POD_FULL_SANDBOX_ID: return hc_give_text(ret, c->pod_sandbox_id);
	case HC_FIELD_K8S_POD_SANDBOX_ID:
		id = hc_text_str(c->pod_sandbox_id);
		if (id.len > SHORT_ID)
			id.len = SHORT_ID;
		return hc_give_copy(eval, ret, id.p, id.len);
	default: break;
	}
	b = sandbox_of(eval, c);
	switch (field->id) {
	case HC_FIELD_K8S_POD_LABEL:
		return (b && give_label(b->sandbox_labels, b->nsandbox_labels, field->key, ret)) ||
		       give_label(c->sandbox_labels, c->nsandbox_labels, field->key, ret);
	case HC_FIELD_K8S_POD_LABELS:
		return b ? give_labels(eval, b->sandbox_labels, b->nsandbox_labels, ret)
			 : give_labels(eval, c->sandbox_labels, c->nsandbox_labels, ret);
	default: break;
	}
	if (hc_text_str(c->cni_json).len)
		b = c;
	return b && hc_give_text(ret, field->id == HC_FIELD_K8S_POD_IP ? b->ip : b->cni_json);
}
