/* SPDX-License-Identifier: Apache-2.0
 *
 * Events, parameter by parameter, by what the schema says of each (scap-format.md 10). Only what has the form its type
 * prescribes goes through: a number of a wrong width could be a text.
 */
#include "samples/redact-internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/ledger.h"
#include "common/mem.h"

enum {
	STRING_MAX = 4096,       /* what drivers record of one string, set of strings or address (scap-format.md 15.1) */
	LARGE_MAX = 16 << 20,
	EVENT_DATA_MAX = 64000,  /* all parameters of an event that is not LARGE */
	POLL_PAIR = 10,
	AF_UNIX_ = 1, AF_INET_ = 2, AF_INET6_ = 10, /* as on disk (set socket_families) */
	PATH_IN_TUPLE = 17,
	DYN_UINT64 = 0, DYN_CHARBUF = 1,
};

struct hc_redactor *hc_redactor_new(const struct hc_redact_options *o)
{
	struct hc_redactor *r = hc_calloc(1, sizeof *r);

	r->policy = o->policy;
	r->nrules_files = o->nrules_files;
	hc_pseudonyms_init(&r->pseudonyms, o->key, o->key_len);
	hc_rule_words_init(&r->rules);
	if (o->rules)
		hc_rule_words_add(&r->rules, o->rules, &r->pseudonyms);
	hc_redact_words_init(r);
	hc_section_init(&r->section);
	return r;
}

struct hc_redactor *hc_redactor_free(struct hc_redactor *r)
{
	if (!r)
		return NULL;
	hc_redact_words_done(r);
	hc_rule_words_done(&r->rules);
	hc_pseudonyms_done(&r->pseudonyms);
	hc_section_done(&r->section);
	hc_buf_done(&r->text);
	hc_buf_done(&r->data);
	hc_buf_done(&r->lens);
	hc_buf_done(&r->json);
	free(r);
	return NULL;
}

const struct hc_redact_counts *hc_redact_counts(const struct hc_redactor *r)
{
	return &r->counts;
}

/* ---- which class a parameter belongs to ---- */

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static bool is_path(const struct hc_param_info *p)
{
	static const char *const names[] = { "cwd", "path", "home", "shell", "oldpath", "newpath", "target", "special",
					     "quotafilepath", "dev", "dir", "root", "exepath", NULL };

	return p->type == PT_FSPATH || p->type == PT_FSRELPATH || is_one_of(p->name, names);
}

static enum hc_redact_class class_of(uint16_t type, const struct hc_param_info *p)
{
	if (type == PPME_USER_ADDED_E || type == PPME_USER_ADDED_X || type == PPME_USER_DELETED_E || type == PPME_USER_DELETED_X ||
	    type == PPME_GROUP_ADDED_E || type == PPME_GROUP_ADDED_X || type == PPME_GROUP_DELETED_E || type == PPME_GROUP_DELETED_X)
		if (!strcmp(p->name, "name"))
			return HC_REDACT_USER;
	if (!strcmp(p->name, "container_id") || !strcmp(p->name, "cgroups") || !strcmp(p->name, "image"))
		return HC_REDACT_CONTAINER;
	if (is_path(p))
		return HC_REDACT_PATH;
	if (!strcmp(p->name, "comm") || !strcmp(p->name, "exe"))
		return HC_REDACT_COMMAND;
	if (!strcmp(p->name, "env"))
		return HC_REDACT_ENV;
	return HC_REDACT_ARGS;
}

static void count_dropped(struct hc_redactor *r, enum hc_redact_class class, uint64_t bytes)
{
	if (!bytes)
		return;
	r->counts.values[class]++;
	r->counts.bytes[class] += bytes;
}

static void opaque(struct hc_redactor *r, uint32_t len)
{
	if (len)
		r->counts.opaque++;
}

/* ---- parameters; each appends to r->data ---- */

/* A value made longer than it can be loses its end: at a word's end, lest half a pseudonym stay. */
static void limit(struct hc_redactor *r, size_t start, size_t max, uint32_t was)
{
	struct hc_buf *b = &r->data;
	size_t end = start + (max > was ? max : was);

	if (b->len <= end)
		return;
	r->counts.cut++;
	while (end > start && hc_is_word_byte((uint8_t)b->p[end]) && hc_is_word_byte((uint8_t)b->p[end - 1]))
		end--;
	b->len = end;
}

static bool drops(struct hc_redactor *r, enum hc_redact_class class, uint32_t len)
{
	if (r->policy->action[class] != HC_REDACT_DROP)
		return false;
	count_dropped(r, class, len);
	return true;
}

/* One string with its NUL; absent stays absent. */
static void put_string(struct hc_redactor *r, enum hc_redact_class class, const uint8_t *p, uint32_t len)
{
	const size_t start = r->data.len;
	const char *nul = len ? memchr(p, 0, len) : NULL;
	struct hc_str s = { (const char *)p, nul ? (uint32_t)(nul - (const char *)p) : len };

	if (!len)
		return;
	if (hc_str_is(s, "<NA>") || hc_str_is(s, "(NULL)"))
		hc_buf_put(&r->data, s.p, s.len);
	else if (class == HC_REDACT_PATH || class == HC_REDACT_COMMAND)
		hc_redact_path(r, &r->data, class, s);
	else if (class == HC_REDACT_ENV)
		hc_redact_env(r, &r->data, s);
	else if (!drops(r, class, s.len))
		hc_redact_text(r, &r->data, class, s, class == HC_REDACT_CONTAINER ? HC_REDACT_CGROUP : 0);
	limit(r, start, STRING_MAX - 1, s.len);
	if (r->data.len == start || r->data.p[r->data.len - 1])
		hc_buf_putc(&r->data, '\0');
}

/* Strings, each with its NUL. */
static void put_strings(struct hc_redactor *r, enum hc_redact_class class, const uint8_t *p, uint32_t len)
{
	const size_t start = r->data.len;
	struct hc_str s = { (const char *)p, len };

	if (class == HC_REDACT_ENV)
		hc_redact_env(r, &r->data, s);
	else if (!drops(r, class, len))
		hc_redact_strings(r, &r->data, class, s, class == HC_REDACT_CONTAINER ? HC_REDACT_CGROUP : 0);
	limit(r, start, STRING_MAX - 1, len);
	if (r->data.len > start && r->data.p[r->data.len - 1])
		hc_buf_putc(&r->data, '\0');
}

static void put_ips(struct hc_redactor *r, const uint8_t *p, uint32_t len, uint32_t each)
{
	uint8_t ip[16];

	for (uint32_t i = 0; i < len; i += each) {
		hc_redact_ip(r, p + i, each, ip);
		hc_buf_put(&r->data, ip, each);
	}
}

/* Address and mask; no bits of a host behind the mask. */
static void put_net(struct hc_redactor *r, const uint8_t *p, uint32_t len)
{
	uint8_t ip[16];

	hc_redact_ip(r, p, len / 2, ip);
	for (uint32_t i = 0; i < len / 2; i++)
		ip[i] &= p[len / 2 + i];
	hc_buf_put(&r->data, ip, len / 2);
	hc_buf_put(&r->data, p + len / 2, len / 2);
}

static void put_address(struct hc_redactor *r, uint64_t address)
{
	const uint64_t to = hc_pseudonym_address(&r->pseudonyms, address);

	hc_buf_put(&r->data, &to, sizeof to);
}

/* Sockets' addresses in the kernel, as socketpair and the lists give them. */
static bool is_address(const struct hc_param_info *p)
{
	static const char *const names[] = { "source", "peer", "sk_pointer", NULL };

	return p->type == PT_UINT64 && is_one_of(p->name, names);
}

/* scap-format.md 10.4, 10.5: `ends` addresses with ports behind the family; or a path behind `unix` bytes. */
static void put_addresses(struct hc_redactor *r, const uint8_t *p, uint32_t len, uint32_t ends, uint32_t unix_head)
{
	const uint32_t ip = len && p[0] == AF_INET_ ? 4 : 16;

	if (!len)
		return;
	if ((p[0] == AF_INET_ || p[0] == AF_INET6_) && len >= 1 + ends * (ip + 2)) {
		hc_buf_putc(&r->data, (char)p[0]);
		for (uint32_t i = 0; i < ends; i++) {
			put_ips(r, p + 1 + i * (ip + 2), ip, ip);
			hc_buf_put(&r->data, p + 1 + i * (ip + 2) + ip, 2);
		}
	} else if (p[0] == AF_UNIX_ && len > unix_head) {
		hc_buf_putc(&r->data, (char)p[0]);
		for (uint32_t i = 1; i < unix_head; i += sizeof(uint64_t))
			put_address(r, hc_le64(p + i));
		put_string(r, HC_REDACT_PATH, p + unix_head, len - unix_head);
	} else {
		opaque(r, len);
	}
}

static void put_fdlist(struct hc_redactor *r, const uint8_t *p, uint32_t len)
{
	uint64_t want = len >= 2 ? 2 + (uint64_t)hc_le16(p) * POLL_PAIR : 0;

	if (want && want <= len)
		hc_buf_put(&r->data, p, want);
	else
		opaque(r, len);
}

/* scap-format.md 10.7. What ptrace reads and writes is memory. */
static void put_dyn(struct hc_redactor *r, const struct hc_param_info *param, const uint8_t *p, uint32_t len)
{
	static const uint8_t zeros[8];
	const char *set = param->set ? param->set->name : "";
	uint32_t want = 0;

	if (!len)
		return;
	hc_buf_putc(&r->data, (char)p[0]);
	if (len == 1)
		return;
	if (!strcmp(set, "keyctl_dynamic_param") && p[0] == DYN_CHARBUF) {
		put_string(r, HC_REDACT_ARGS, p + 1, len - 1);
		return;
	}
	if (!strcmp(set, "sockopt_dynamic_param")) {
		static const uint8_t widths[] = { 0, 8, 4, 8, 8 };

		want = p[0] < sizeof widths ? widths[p[0]] : 0;
		if (!want) {
			hc_redact_buffer(r, &r->data, (struct hc_str){ (const char *)p + 1, len - 1 });
			return;
		}
	} else if (!strcmp(set, "ptrace_dynamic_param")) {
		want = p[0] == DYN_UINT64 ? 8 : 1;
		if (want == 8 && len == 9 && !strcmp(param->name, "data") && r->policy->action[HC_REDACT_BUFFER] != HC_REDACT_KEEP) {
			count_dropped(r, HC_REDACT_BUFFER, 8);
			hc_buf_put(&r->data, zeros, 8);
			return;
		}
	} else {
		want = 8;
	}
	if (len == 1 + want) {
		hc_buf_put(&r->data, p + 1, want);
		return;
	}
	opaque(r, len);
	r->data.len--;
}

static void put_json(struct hc_redactor *r, const uint8_t *p, uint32_t len, bool ledger)
{
	const bool nul = len && !p[len - 1];
	const char *end = len ? memchr(p, 0, len) : NULL;
	struct hc_str s = { (const char *)p, end ? (uint32_t)(end - (const char *)p) : len };

	if (!len)
		return;
	if (ledger)
		hc_redact_ledger_json(r, &r->data, s);
	else
		hc_redact_container_json(r, &r->data, s);
	if (nul)
		hc_buf_putc(&r->data, '\0');
}

/* The data of an async event depend on its name; those of plugins are nobody's business but theirs. */
static void put_async(struct hc_redactor *r, struct hc_event *ev, const uint8_t *p, uint32_t len)
{
	struct hc_str name;
	uint32_t n;

	name.p = (const char *)hc_event_param(ev, 1, &n);
	name.len = name.p ? (uint32_t)strnlen(name.p, n) : 0;
	if (name.len >= sizeof HC_LEDGER_PREFIX - 1 && !memcmp(name.p, HC_LEDGER_PREFIX, sizeof HC_LEDGER_PREFIX - 1))
		put_json(r, p, len, true);
	else if (hc_str_is(name, "container") || hc_str_is(name, "container_removed"))
		put_json(r, p, len, false);
	else
		opaque(r, len);
}

static void put_bytes(struct hc_redactor *r, struct hc_event *ev, const uint8_t *p, uint32_t len)
{
	if (ev->type == PPME_ASYNCEVENT_E)
		put_async(r, ev, p, len);
	else if (ev->type == PPME_PLUGINEVENT_E)
		opaque(r, len);
	else
		hc_redact_buffer(r, &r->data, (struct hc_str){ (const char *)p, len });
}

static bool is_strings(const struct hc_param_info *p)
{
	static const char *const names[] = { "args", "argv", "env", "cgroups", NULL };

	return p->type == PT_CHARBUFARRAY || p->type == PT_CHARBUF_PAIR_ARRAY || is_one_of(p->name, names);
}

static void put_param(struct hc_redactor *r, struct hc_event *ev, const struct hc_param_info *param, const uint8_t *p, uint32_t len)
{
	const int size = hc_param_type_size(param->type);

	switch (param->type) {
	case PT_IPV4ADDR: case PT_IPV6ADDR:
		if (len == (uint32_t)size)
			put_ips(r, p, len, len);
		else
			opaque(r, len);
		return;
	case PT_IPADDR:
		if (len == 4 || len == 16)
			put_ips(r, p, len, len);
		else
			opaque(r, len);
		return;
	case PT_IPV4NET: case PT_IPV6NET: case PT_IPNET:
		if (len == 8 || len == 32)
			put_net(r, p, len);
		else
			opaque(r, len);
		return;
	case PT_CHARBUF: case PT_FSPATH: case PT_FSRELPATH: case PT_BYTEBUF: case PT_CHARBUFARRAY: case PT_CHARBUF_PAIR_ARRAY:
		if (!strcmp(param->name, "json"))
			put_json(r, p, len, false);
		else if (is_strings(param))
			put_strings(r, class_of(ev->type, param), p, len);
		else if (param->type == PT_BYTEBUF)
			put_bytes(r, ev, p, len);
		else
			put_string(r, class_of(ev->type, param), p, len);
		return;
	case PT_SOCKADDR: put_addresses(r, p, len, 1, 1); return;
	case PT_SOCKTUPLE: put_addresses(r, p, len, 2, PATH_IN_TUPLE); return;
	case PT_FDLIST: put_fdlist(r, p, len); return;
	case PT_DYN: put_dyn(r, param, p, len); return;
	default:
		if (is_address(param) && len == sizeof(uint64_t))
			put_address(r, hc_le64(p));
		else if (size > 0 && len == (uint32_t)size)
			hc_buf_put(&r->data, p, len);
		else
			opaque(r, len);
	}
}

/* A user or group that appears in the course of the capture is as secret as those before. */
static void learn(struct hc_redactor *r, struct hc_event *ev)
{
	uint32_t len;
	const uint8_t *p;

	if (ev->type != PPME_USER_ADDED_E && ev->type != PPME_GROUP_ADDED_E)
		return;
	for (uint32_t i = 0; i < hc_event_info(ev)->nparams; i++) {
		const char *name = hc_event_info(ev)->params[i].name;

		p = hc_event_param(ev, i, &len);
		if (len && !strcmp(name, "name"))
			hc_redact_know(r, (struct hc_str){ (const char *)p, (uint32_t)strnlen((const char *)p, len) }, HC_REDACT_USER,
				       true);
	}
}

static void put_len(struct hc_redactor *r, bool large, size_t len)
{
	uint32_t v = (uint32_t)len;

	hc_buf_put(&r->lens, &v, large ? 4 : 2);
}

void hc_redact_event(struct hc_redactor *r, struct hc_event *ev, struct hc_event *ret)
{
	const struct hc_event_info *info = hc_event_info(ev);
	const bool large = hc_event_type_is_large(ev->type);
	const size_t max = large ? LARGE_MAX : EVENT_DATA_MAX;

	hc_buf_reset(&r->data);
	hc_buf_reset(&r->lens);
	learn(r, ev);
	*ret = (struct hc_event){ .num = ev->num, .ts_ns = ev->ts_ns, .tid = ev->tid, .type = ev->type, .cpu = ev->cpu,
				  .flags = ev->flags, .off = ev->off };
	for (uint32_t i = 0; i < ev->nparams; i++) {
		const size_t start = r->data.len;
		uint32_t len;
		const uint8_t *p = hc_event_param(ev, i, &len);

		if (i >= info->nparams) { /* nobody knows what these would be */
			r->counts.opaque++;
			break;
		}
		if (len)
			put_param(r, ev, &info->params[i], p, len);
		/* the numbers fit into the rest; consumers insist on them */
		if (r->data.len > max && hc_param_type_size(info->params[i].type) <= 0) {
			r->data.len = start;
			r->counts.cut++;
		}
		put_len(r, large, r->data.len - start);
		ret->nparams++;
	}
	ret->lens = (const uint8_t *)(r->lens.p ? r->lens.p : "");
	ret->data = (const uint8_t *)(r->data.p ? r->data.p : "");
}

void hc_redact_ledger(struct hc_redactor *r, uint64_t ts_ns, struct hc_event *ret)
{
	const uint32_t plugin = 0;

	hc_buf_reset(&r->data);
	hc_buf_reset(&r->lens);
	hc_buf_put(&r->data, &plugin, sizeof plugin);
	put_len(r, true, sizeof plugin);
	hc_buf_put(&r->data, HC_LEDGER_REDACT, sizeof HC_LEDGER_REDACT);
	put_len(r, true, sizeof HC_LEDGER_REDACT);
	hc_buf_reset(&r->json);
	hc_redact_ledger_data(r, &r->json);
	hc_buf_put(&r->data, r->json.p, r->json.len + 1);
	put_len(r, true, r->json.len + 1);
	*ret = (struct hc_event){ .ts_ns = ts_ns, .tid = -1, .type = PPME_ASYNCEVENT_E, .nparams = 3,
				  .lens = (const uint8_t *)r->lens.p, .data = (const uint8_t *)r->data.p };
}
