/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of container metadata (fields-semantics.md 6.2), filled from container events: asyncevents `container` and
 * `container_removed`, and the older event 324, each with a JSON document of the recorder's container engine. Unknown keys
 * are ignored. One value of a wrong type makes the reference drop the whole document, so it is counted and dropped here too,
 * like one without an id.
 */
#include "replay/state-internal.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/hash.h"
#include "common/mem.h"

enum { SLOTS_MIN = 64 };

void hc_containers_init(struct hc_state *s)
{
	s->containers = (struct hc_containers){ .cap = SLOTS_MIN, .seed = s->seed };
	s->containers.slots = hc_calloc(SLOTS_MIN, sizeof(struct hc_container *));
}

static size_t labels_bytes(uint32_t n)
{
	return n * sizeof(struct hc_label);
}

static void free_labels(struct hc_state *s, struct hc_label *labels, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		hc_text_unref(&s->pool, labels[i].key);
		hc_text_unref(&s->pool, labels[i].value);
	}
	hc_pool_free(&s->pool, labels, labels_bytes(n));
}

/* Frees all but the id. */
static void clear(struct hc_state *s, struct hc_container *c)
{
	struct hc_text *const texts[] = { c->full_id, c->name, c->image, c->image_id, c->image_repo, c->image_tag,
					  c->image_digest, c->user, c->ip, c->cni_json, c->pod_sandbox_id };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		hc_text_unref(&s->pool, texts[i]);
	for (uint32_t i = 0; i < c->nmounts; i++) {
		hc_text_unref(&s->pool, c->mounts[i].source);
		hc_text_unref(&s->pool, c->mounts[i].dest);
		hc_text_unref(&s->pool, c->mounts[i].mode);
		hc_text_unref(&s->pool, c->mounts[i].propagation);
	}
	hc_pool_free(&s->pool, c->mounts, c->nmounts * sizeof *c->mounts);
	free_labels(s, c->labels, c->nlabels);
	free_labels(s, c->sandbox_labels, c->nsandbox_labels);
	*c = (struct hc_container){ .id = c->id, .type = -1 };
}

static void drop(struct hc_state *s, struct hc_container *c)
{
	clear(s, c);
	hc_text_unref(&s->pool, c->id);
	hc_pool_free(&s->pool, c, sizeof *c);
}

void hc_containers_done(struct hc_state *s)
{
	for (uint32_t i = 0; i < s->containers.cap; i++) {
		struct hc_container *c = s->containers.slots[i];

		if (c)
			drop(s, c);
	}
	free(s->containers.slots);
	s->containers = (struct hc_containers){ 0 };
}

static uint32_t home_of(const struct hc_containers *cs, struct hc_str id)
{
	return (uint32_t)hc_hash_u64(cs->seed ^ hc_hash_bytes(id.p, id.len)) & (cs->cap - 1);
}

static uint32_t find_slot(const struct hc_containers *cs, struct hc_str id)
{
	uint32_t i = home_of(cs, id);

	while (cs->slots[i] && !hc_str_eq(hc_text_str(cs->slots[i]->id), id))
		i = (i + 1) & (cs->cap - 1);
	return i;
}

const struct hc_container *hc_containers_find(const struct hc_containers *containers, struct hc_str id)
{
	return containers->slots[find_slot(containers, id)];
}

/* The entry of that id, made if need be; NULL if there is no room. */
static struct hc_container *get(struct hc_state *s, struct hc_str id)
{
	struct hc_containers *cs = &s->containers;
	struct hc_container *c = cs->slots[find_slot(cs, id)];

	if (c)
		return c;
	if (cs->n >= HC_CONTAINERS_MAX || hc_pool_full(&s->pool)) {
		cs->refused++;
		return NULL;
	}
	if (++cs->n > cs->cap / 2) {
		struct hc_container **old = cs->slots;
		const uint32_t old_cap = cs->cap;

		cs->cap *= 2;
		cs->slots = hc_calloc(cs->cap, sizeof(struct hc_container *));
		for (uint32_t i = 0; i < old_cap; i++)
			if (old[i])
				cs->slots[find_slot(cs, hc_text_str(old[i]->id))] = old[i];
		free(old);
	}
	c = hc_pool_alloc(&s->pool, sizeof *c);
	*c = (struct hc_container){ .id = hc_text_new(&s->pool, id.p, id.len), .type = -1 };
	cs->slots[find_slot(cs, id)] = c;
	return c;
}

void hc_containers_note(struct hc_state *s, struct hc_str id, int32_t type)
{
	struct hc_container *c;

	if (hc_containers_find(&s->containers, id))
		return;
	c = get(s, id);
	if (!c)
		return;
	c->type = type;
	hc_state_raise(&s->thread_epoch);
}

const struct hc_text *hc_labels_find(const struct hc_label *labels, uint32_t n, struct hc_str key)
{
	for (uint32_t i = 0; i < n; i++)
		if (hc_str_eq(hc_text_str(labels[i].key), key))
			return labels[i].value;
	return NULL;
}

static struct hc_text *text_of(struct hc_state *s, json_t *value)
{
	struct hc_text *text = NULL;

	if (json_is_string(value))
		hc_text_set(s, &text, json_string_value(value), json_string_length(value));
	return text;
}

static int compare_labels(const void *a, const void *b)
{
	const struct hc_label *x = a, *y = b;

	return strcmp(hc_text_str(x->key).p, hc_text_str(y->key).p);
}

static struct hc_label *labels_of(struct hc_state *s, json_t *object, uint32_t *ret_n)
{
	uint32_t max = (uint32_t)json_object_size(object), n = 0;
	struct hc_label *labels;
	const char *key;
	json_t *value;

	*ret_n = 0;
	if (max > HC_CONTAINER_ITEMS_MAX) {
		max = HC_CONTAINER_ITEMS_MAX;
		s->containers.refused++;
	}
	if (!max)
		return NULL;
	labels = hc_pool_alloc(&s->pool, labels_bytes(max));
	json_object_foreach(object, key, value) {
		if (n == max)
			break;
		labels[n] = (struct hc_label){ .value = text_of(s, value) };
		hc_text_set(s, &labels[n++].key, key, strlen(key));
	}
	qsort(labels, n, sizeof *labels, compare_labels);
	*ret_n = n;
	return labels;
}

static void set_mounts(struct hc_state *s, struct hc_container *c, json_t *array)
{
	size_t n = json_array_size(array);

	if (n > HC_CONTAINER_ITEMS_MAX) {
		n = HC_CONTAINER_ITEMS_MAX;
		s->containers.refused++;
	}
	if (!n)
		return;
	c->nmounts = (uint32_t)n;
	c->mounts = hc_pool_alloc(&s->pool, n * sizeof *c->mounts);
	for (size_t i = 0; i < n; i++) {
		json_t *m = json_array_get(array, i);

		c->mounts[i] = (struct hc_mount){
			.source = text_of(s, json_object_get(m, "Source")),
			.dest = text_of(s, json_object_get(m, "Destination")),
			.mode = text_of(s, json_object_get(m, "Mode")),
			.propagation = text_of(s, json_object_get(m, "Propagation")),
			.rw = json_is_true(json_object_get(m, "RW")),
		};
	}
}

/* What a value may be where its key is present. null stands for an empty array or object, and for nothing else. */
enum shape { TEXT, NUMBER, KIND, FLAG, TEXTS, LABELS, MOUNTS, PORTS, PROBE };

struct shaped {
	const char *key;
	enum shape shape;
};

static bool fits(json_t *value, enum shape shape);

static bool keys_fit(json_t *o, const struct shaped *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(o, keys[i].key);

		if (value && !fits(value, keys[i].shape))
			return false;
	}
	return json_is_object(o);
}

#define KEYS_FIT(o, keys) keys_fit(o, keys, sizeof(keys) / sizeof *(keys))

static bool all_fit(json_t *array, const struct shaped *keys, size_t n)
{
	size_t i;
	json_t *item;

	json_array_foreach(array, i, item)
		if (n ? !keys_fit(item, keys, n) : !json_is_string(item))
			return false;
	return json_is_array(array) || json_is_null(array);
}

static bool fits(json_t *value, enum shape shape)
{
	static const struct shaped mount[] = { { "Source", TEXT }, { "Destination", TEXT }, { "Mode", TEXT }, { "RW", FLAG },
					       { "Propagation", TEXT } };
	static const struct shaped port[] = { { "HostIp", NUMBER }, { "HostPort", NUMBER }, { "ContainerPort", NUMBER } };
	static const struct shaped probe[] = { { "args", TEXTS }, { "exe", TEXT } };
	const char *key;
	json_t *item;

	switch (shape) {
	case TEXT: return json_is_string(value);
	case NUMBER: return json_is_number(value) || json_is_boolean(value);
	case KIND: return json_is_number(value);
	case FLAG: return json_is_boolean(value);
	case TEXTS: return all_fit(value, NULL, 0);
	case MOUNTS: return all_fit(value, mount, sizeof mount / sizeof *mount);
	case PORTS: return all_fit(value, port, sizeof port / sizeof *port);
	case PROBE: return KEYS_FIT(value, probe);
	case LABELS: break;
	}
	json_object_foreach(value, key, item)
		if (!json_is_string(item))
			return false;
	return json_is_object(value) || json_is_null(value);
}

static bool is_well_formed(json_t *o)
{
	static const struct shaped keys[] = {
		{ "type", KIND }, { "id", TEXT }, { "full_id", TEXT }, { "name", TEXT }, { "image", TEXT }, { "imageid", TEXT },
		{ "imagerepo", TEXT }, { "imagetag", TEXT }, { "imagedigest", TEXT }, { "User", TEXT }, { "cni_json", TEXT },
		{ "ip", TEXT }, { "pod_sandbox_id", TEXT }, { "cpu_period", NUMBER }, { "cpu_quota", NUMBER },
		{ "cpu_shares", NUMBER }, { "cpuset_cpu_count", NUMBER }, { "created_time", NUMBER }, { "size", NUMBER },
		{ "memory_limit", NUMBER }, { "swap_limit", NUMBER }, { "privileged", FLAG }, { "host_pid", FLAG },
		{ "host_network", FLAG }, { "host_ipc", FLAG }, { "is_pod_sandbox", FLAG }, { "env", TEXTS },
		{ "labels", LABELS }, { "pod_sandbox_labels", LABELS }, { "Mounts", MOUNTS }, { "port_mappings", PORTS },
		{ "Healthcheck", PROBE }, { "LivenessProbe", PROBE }, { "ReadinessProbe", PROBE },
	};

	return KEYS_FIT(o, keys);
}

static int32_t kind_of(json_t *number)
{
	const double d = json_number_value(number);

	return d >= 0 && d <= INT32_MAX ? (int32_t)d : -1;
}

static void fill(struct hc_state *s, struct hc_container *c, json_t *o)
{
	const struct {
		const char *key;
		struct hc_text **slot;
	} texts[] = {
		{ "full_id", &c->full_id }, { "name", &c->name }, { "image", &c->image }, { "imageid", &c->image_id },
		{ "imagerepo", &c->image_repo }, { "imagetag", &c->image_tag }, { "imagedigest", &c->image_digest },
		{ "User", &c->user }, { "ip", &c->ip }, { "cni_json", &c->cni_json },
		{ "pod_sandbox_id", &c->pod_sandbox_id },
	};
	json_t *type = json_object_get(o, "type");

	clear(s, c);
	c->complete = true;
	if (type)
		c->type = kind_of(type);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i].slot = text_of(s, json_object_get(o, texts[i].key));
	c->privileged = json_is_true(json_object_get(o, "privileged"));
	c->host_pid = json_is_true(json_object_get(o, "host_pid"));
	c->host_network = json_is_true(json_object_get(o, "host_network"));
	c->host_ipc = json_is_true(json_object_get(o, "host_ipc"));
	c->is_pod_sandbox = json_is_true(json_object_get(o, "is_pod_sandbox"));
	c->labels = labels_of(s, json_object_get(o, "labels"), &c->nlabels);
	c->sandbox_labels = labels_of(s, json_object_get(o, "pod_sandbox_labels"), &c->nsandbox_labels);
	set_mounts(s, c, json_object_get(o, "Mounts"));
}

/* What a removal described is gone after its event. */
void hc_containers_settle(struct hc_state *s)
{
	struct hc_containers *cs = &s->containers;
	const uint32_t mask = cs->cap - 1;
	uint32_t hole = find_slot(cs, hc_text_str(s->container->id));
	struct hc_container *c = cs->slots[hole];

	s->container = NULL;
	s->container_removed = false;
	cs->slots[hole] = NULL;
	for (uint32_t i = (hole + 1) & mask; cs->slots[i]; i = (i + 1) & mask) {
		if (((i - home_of(cs, hc_text_str(cs->slots[i]->id))) & mask) >= ((i - hole) & mask)) {
			cs->slots[hole] = cs->slots[i];
			cs->slots[i] = NULL;
			hole = i;
		}
	}
	cs->n--;
	drop(s, c);
	hc_state_raise(&s->thread_epoch);
}

static bool is_container_event(struct hc_event *ev)
{
	struct hc_str name;

	if (ev->type == PPME_CONTAINER_JSON_2_E)
		return true;
	name = hc_event_str(ev, 1);
	return hc_str_is(name, "container") || hc_str_is(name, "container_removed");
}

void hc_containers_event(struct hc_state *s, struct hc_event *ev)
{
	struct hc_container *c;
	const uint8_t *p;
	json_t *doc, *o, *id;
	uint32_t len;

	if (!is_container_event(ev))
		return;
	p = hc_event_param(ev, ev->type == PPME_CONTAINER_JSON_2_E ? 0 : 2, &len);
	while (len && !p[len - 1])
		len--;
	doc = len ? json_loadb((const char *)p, len, 0, NULL) : NULL;
	o = json_object_get(doc, "container");
	id = json_object_get(o, "id");
	if (!json_string_length(id) || !is_well_formed(o)) {
		s->containers.bad++;
		json_decref(doc);
		return;
	}
	c = get(s, (struct hc_str){ json_string_value(id), (uint32_t)json_string_length(id) });
	if (c) {
		fill(s, c, o);
		s->container = c;
		s->container_removed = ev->type == PPME_ASYNCEVENT_E && hc_str_is(hc_event_str(ev, 1), "container_removed");
		hc_state_raise(&s->thread_epoch);
	}
	json_decref(doc);
}
