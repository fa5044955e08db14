/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast.state (common/ledger.h): numbers that correct the picture of the host which a section's lists and calls have made.
 * Written from the difference of two states, applied like any other event. Only numbers, so that nothing private can hide
 * there. A capture can say here what it likes: nothing that memory safety rests on is taken over unchecked.
 */
#include "replay/state-extra.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "common/mem.h"
#include "replay/state-internal.h"

enum { TEXT_MAX = 200 << 10, BUCKETS_MAX = 5087 };

/* ---- attributes of threads ---- */

struct attribute {
	const char *key;
	uint16_t off;
	uint8_t size;
	bool is_signed;
};

#define U(key, member) { key, offsetof(struct hc_thread, member), sizeof(((struct hc_thread *)0)->member), false }
#define I(key, member) { key, offsetof(struct hc_thread, member), sizeof(((struct hc_thread *)0)->member), true }
static const struct attribute attributes[] = {
	I("pid", pid), I("ptid", ptid), U("flags", flags), U("enter_type", enter_type), I("last_fd", last_fd),
	I("sid", sid), I("vpgid", vpgid), I("pgid", pgid), I("vtid", vtid), I("vpid", vpid), I("fdlimit", fdlimit),
	I("reaper_tid", reaper_tid), U("uid", uid), U("gid", gid), U("loginuid", loginuid), U("tty", tty),
	U("vmsize_kb", vmsize_kb), U("vmrss_kb", vmrss_kb), U("vmswap_kb", vmswap_kb), U("pfmajor", pfmajor),
	U("pfminor", pfminor), U("cap_inheritable", cap_inheritable), U("cap_permitted", cap_permitted),
	U("cap_effective", cap_effective), U("exe_ino", exe_ino), U("exe_ino_ctime_ns", exe_ino_ctime_ns),
	U("exe_ino_mtime_ns", exe_ino_mtime_ns), U("ctime_clone_ns", ctime_duration_clone_ns),
	U("ctime_pidns_ns", ctime_duration_pidns_ns), U("clone_ns", clone_ts_ns), U("exec_ns", lastexec_ts_ns),
	U("pidns_ns", pidns_init_start_ts_ns), U("exe_writable", exe_writable), U("exe_upper_layer", exe_upper_layer),
	U("exe_lower_layer", exe_lower_layer), U("exe_from_memfd", exe_from_memfd), U("container_known", container_known),
	U("cpu_user", cpu_user_last), U("cpu_system", cpu_system_last), U("exectime_ns", exectime_total_ns),
};
#undef U
#undef I

/* All bits; numbers above INT64_MAX are written as negative ones. */
static int64_t get(const void *base, const struct attribute *a)
{
	const uint8_t *p = (const uint8_t *)base + a->off;

	switch (a->size) {
	case 1: return *p;
	case 2: return hc_le16(p);
	case 4: return hc_le32(p);
	default: return (int64_t)hc_le64(p);
	}
}

static void set(void *base, const struct attribute *a, int64_t v)
{
	uint8_t *p = (uint8_t *)base + a->off;

	if (a->size == 1)
		*p = v != 0; /* booleans all */
	else
		memcpy(p, &v, a->size);
}

bool hc_state_numbers_key(const char *key)
{
	static const char *const others[] = { "groups", "threads", "fds", "orders", "exits", "tid", "parent", "alone", "group", "cwd",
					      "live", "gone", "reaper", "fd", "open_flags", "dev", "ino", "nameless", "buckets", NULL };

	for (const char *const *k = others; *k; k++)
		if (!strcmp(key, *k))
			return true;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
		if (!strcmp(key, attributes[i].key))
			return true;
	return false;
}

/* ---- writing ---- */

enum list { LIST_NONE, LIST_GROUPS, LIST_THREADS, LIST_FDS, LIST_ORDERS, LIST_EXITS };

struct writer {
	struct hc_state *want, *have;
	uint64_t ts_ns, *left;
	struct hc_buf text;
	enum list list; /* the array that is open */
	hc_state_numbers_fn fn;
	void *ctx;
	int r;
};

static void close_text(struct writer *w)
{
	if (w->list == LIST_NONE || w->r)
		return;
	hc_buf_puts(&w->text, "]}");
	w->list = LIST_NONE;
	w->r = w->fn(w->ctx, &w->text);
	hc_buf_reset(&w->text);
}

/* Makes room for an element of that array and opens it with a comma where one is due. */
static void begin_element(struct writer *w, enum list list)
{
	static const char *const names[] = { "", "groups", "threads", "fds", "orders", "exits" };

	if (w->text.len > TEXT_MAX)
		close_text(w);
	if (w->list == list)
		hc_buf_putc(&w->text, ',');
	else if (w->list == LIST_NONE)
		hc_buf_printf(&w->text, "{\"%s\":[", names[list]);
	else
		hc_buf_printf(&w->text, "],\"%s\":[", names[list]);
	w->list = list;
}

static void begin_thread(struct writer *w, const struct hc_thread *t, bool *begun)
{
	if (*begun)
		return;
	*begun = true;
	begin_element(w, LIST_THREADS);
	hc_buf_printf(&w->text, "{\"tid\":%" PRId64, t->tid);
}

static bool same_text(const struct hc_text *a, const struct hc_text *b)
{
	return hc_str_eq(hc_text_str(a), hc_text_str(b));
}

/* Sets may have got the NUL that they lacked. */
static bool same_set(const struct hc_text *a, const struct hc_text *b)
{
	struct hc_str x = hc_text_str(a), y = hc_text_str(b);

	x.len -= x.len && !x.p[x.len - 1];
	y.len -= y.len && !y.p[y.len - 1];
	return hc_str_eq(x, y);
}

/* A cwd below an unknown directory: loading a list strips the "./". */
static bool is_dotted(struct hc_str cwd, struct hc_str loaded)
{
	if (cwd.len < 2 || memcmp(cwd.p, "./", 2) != 0)
		return false;
	cwd.p += 2;
	cwd.len -= 2;
	return hc_str_eq(cwd, loaded) || (!cwd.len && hc_str_is(loaded, "/"));
}

static void write_thread(struct writer *w, const struct hc_thread *a, const struct hc_thread *b)
{
	bool begun = false;

	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		if (get(a, &attributes[i]) == get(b, &attributes[i]))
			continue;
		begin_thread(w, a, &begun);
		hc_buf_printf(&w->text, ",\"%s\":%" PRId64, attributes[i].key, get(a, &attributes[i]));
	}
	if ((a->parent ? a->parent->tid : 0) != (b->parent ? b->parent->tid : 0)) {
		begin_thread(w, a, &begun);
		hc_buf_printf(&w->text, ",\"parent\":%" PRId64, a->parent ? a->parent->tid : 0);
	}
	if (a->group && a->group->listed && (!b->group || b->group->pid != a->group->pid)) {
		begin_thread(w, a, &begun);
		hc_buf_printf(&w->text, ",\"group\":%" PRId64, a->group->pid);
	} else if (b->group && !(a->group && a->group->listed)) {
		begin_thread(w, a, &begun);
		hc_buf_puts(&w->text, ",\"alone\":1");
	}
	if (!same_text(a->cwd, b->cwd)) {
		if (!a->cwd || is_dotted(hc_text_str(a->cwd), hc_text_str(b->cwd))) {
			begin_thread(w, a, &begun);
			hc_buf_printf(&w->text, ",\"cwd\":%d", a->cwd != NULL);
		} else {
			++*w->left;
		}
	}
	if (begun)
		hc_buf_putc(&w->text, '}');
	*w->left += !same_text(a->comm, b->comm) + !same_text(a->exe, b->exe) + !same_text(a->exepath, b->exepath) +
		    !same_text(a->root, b->root) + !same_set(a->args, b->args) + !same_set(a->env, b->env) +
		    !same_set(a->cgroups, b->cgroups) + (a->group && !a->group->listed);
}

/* Bytes of sock that the type gives a meaning. */
static bool same_socket(const struct hc_fd *a, const struct hc_fd *b)
{
	switch (a->type) {
	case HC_FD_IPV4_SOCK: return !memcmp(a->sock, b->sock, HC_V4_L4 + 1);
	case HC_FD_IPV6_SOCK: return !memcmp(a->sock, b->sock, HC_V6_L4 + 1);
	case HC_FD_IPV4_SERVSOCK: return !memcmp(a->sock, b->sock, HC_V4S_L4 + 1);
	case HC_FD_IPV6_SERVSOCK: return !memcmp(a->sock, b->sock, HC_V6S_L4 + 1);
	case HC_FD_UNIX_SOCK: return !memcmp(a->sock, b->sock, 16);
	default: return true;
	}
}

static const uint8_t FLAGS_SEEN = (uint8_t)~HC_FDF_FROM_PROC; /* that one only mattered while loading */

bool hc_state_same_fd(const struct hc_fd *a, const struct hc_fd *b)
{
	return a->type == b->type && !((a->flags ^ b->flags) & FLAGS_SEEN) && a->open_flags == b->open_flags &&
	       a->dev == b->dev && a->ino == b->ino && a->pid == b->pid && same_text(a->name, b->name) &&
	       same_text(a->raw, b->raw) && same_socket(a, b);
}

static void write_fd(struct writer *w, int64_t tid, int64_t num, const struct hc_fd *a, const struct hc_fd *b)
{
	if (hc_state_same_fd(a, b))
		return;
	*w->left += !same_text(a->raw, b->raw) + (a->type != b->type || !same_socket(a, b));
	*w->left += a->name && !same_text(a->name, b->name);
	begin_element(w, LIST_FDS);
	hc_buf_printf(&w->text, "{\"tid\":%" PRId64 ",\"fd\":%" PRId64, tid, num);
	if ((a->flags ^ b->flags) & FLAGS_SEEN)
		hc_buf_printf(&w->text, ",\"flags\":%u", a->flags & FLAGS_SEEN);
	if (a->open_flags != b->open_flags)
		hc_buf_printf(&w->text, ",\"open_flags\":%u", a->open_flags);
	if (a->dev != b->dev)
		hc_buf_printf(&w->text, ",\"dev\":%u", a->dev);
	if (a->ino != b->ino)
		hc_buf_printf(&w->text, ",\"ino\":%" PRId64, (int64_t)a->ino);
	if (a->pid != b->pid)
		hc_buf_printf(&w->text, ",\"pid\":%" PRId64, a->pid);
	if (!a->name && b->name)
		hc_buf_puts(&w->text, ",\"nameless\":1");
	hc_buf_putc(&w->text, '}');
}

static void write_fds(struct writer *w, struct hc_thread *a, struct hc_thread *b)
{
	struct hc_fd_order x, y;
	uint32_t pos = 0;
	struct hc_fd *fd;
	int64_t num;

	while (hc_fdtable_next(a->fds, &pos, &num, &fd)) {
		struct hc_fd *other = hc_fdtable_find(b->fds, num);

		if (other)
			write_fd(w, a->tid, num, fd, other);
		else
			++*w->left;
	}
	for (pos = 0; hc_fdtable_next(b->fds, &pos, &num, &fd);)
		*w->left += !hc_fdtable_find(a->fds, num);
	if (!a->fds || !b->fds || a->fds->order.lost || b->fds->order.lost || a->fds->n != b->fds->n)
		return;
	hc_fd_order_copy(w->want, &x, &a->fds->order, a->fds_copies);
	hc_fd_order_copy(w->have, &y, &b->fds->order, b->fds_copies);
	if (!hc_fd_order_equal(&x, &y)) {
		begin_element(w, LIST_ORDERS);
		hc_buf_printf(&w->text, "{\"tid\":%" PRId64 ",\"buckets\":%u,\"fds\":[", a->tid, x.nbuckets);
		for (uint16_t at = x.first; at; at = x.next[at - 1])
			hc_buf_printf(&w->text, "%s%d", at == x.first ? "" : ",", at - 1);
		hc_buf_puts(&w->text, "]}");
	}
	hc_fd_order_done(w->want, &x);
	hc_fd_order_done(w->have, &y);
}

static int compare_pids(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* A member is there on the other side too; or it has none, only entries that were replaced and are counted for ever. */
static bool is_carried(const struct writer *w, const struct hc_group *g)
{
	for (const struct hc_thread *t = g->first; t; t = t->group_next)
		if (hc_state_find(w->have, t->tid))
			return true;
	return !g->first;
}

static void write_groups(struct writer *w)
{
	HC_FREE int64_t *pids = hc_calloc((size_t)w->want->npids + w->have->npids + 1, sizeof *pids);
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->want->pids_cap; i++)
		if (w->want->pids[i] && is_carried(w, w->want->pids[i]))
			pids[n++] = w->want->pids[i]->pid;
	for (uint32_t i = 0; i < w->have->pids_cap; i++)
		if (w->have->pids[i] && !hc_group_find(w->want, w->have->pids[i]->pid))
			pids[n++] = w->have->pids[i]->pid;
	qsort(pids, n, sizeof *pids, compare_pids);
	for (uint32_t i = 0; i < n && !w->r; i++) {
		const struct hc_group *a = hc_group_find(w->want, pids[i]), *b = hc_group_find(w->have, pids[i]);

		if (a && b && a->nlive == b->nlive && a->reaper == b->reaper)
			continue;
		begin_element(w, LIST_GROUPS);
		if (a)
			hc_buf_printf(&w->text, "{\"pid\":%" PRId64 ",\"live\":%u,\"reaper\":%d}", pids[i], a->nlive, a->reaper);
		else
			hc_buf_printf(&w->text, "{\"pid\":%" PRId64 ",\"gone\":1}", pids[i]);
	}
}

static void write_exits(struct writer *w)
{
	int64_t ptid, tid;
	uint64_t ts_ns;

	for (uint32_t i = 0; hc_exits_get(w->want, i, &ptid, &tid, &ts_ns); i++) {
		if ((int64_t)(w->ts_ns - ts_ns) >= HC_YOUNG_NS || hc_exits_recent(w->have, ptid, tid, w->ts_ns))
			continue;
		begin_element(w, LIST_EXITS);
		hc_buf_printf(&w->text, "[%" PRId64 ",%" PRId64 ",%" PRId64 "]", ptid, tid, (int64_t)ts_ns);
	}
}

static int by_tid(const void *a, const void *b)
{
	const struct hc_thread *x = *(struct hc_thread *const *)a, *y = *(struct hc_thread *const *)b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

int hc_state_numbers(struct hc_state *want, struct hc_state *have, uint64_t ts_ns, hc_state_numbers_fn fn, void *ctx,
		     uint64_t *ret_left)
{
	struct writer w = { .want = want, .have = have, .ts_ns = ts_ns, .left = ret_left, .fn = fn, .ctx = ctx };
	HC_FREE struct hc_thread **all = hc_calloc(have->ntids ? have->ntids : 1, sizeof(struct hc_thread *));
	uint32_t n = 0;

	*ret_left = 0;
	/* In ascending order: the table's own order is chance. */
	for (uint32_t i = 0; i < have->tids_cap; i++)
		if (have->tids[i] && hc_state_find(want, have->tids[i]->tid))
			all[n++] = have->tids[i];
	qsort(all, n, sizeof(struct hc_thread *), by_tid);
	for (uint32_t i = 0; i < n && !w.r; i++)
		write_thread(&w, hc_state_find(want, all[i]->tid), all[i]);
	/* Behind the threads: those that leave their group are counted there no longer. */
	write_groups(&w);
	for (uint32_t i = 0; i < n && !w.r; i++)
		write_fds(&w, hc_state_find(want, all[i]->tid), all[i]);
	write_exits(&w);
	close_text(&w);
	hc_buf_done(&w.text);
	return w.r;
}

/* ---- applying ---- */

static bool number(const json_t *o, const char *key, int64_t *ret)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v))
		return false;
	*ret = json_integer_value(v);
	return true;
}

/* 0: none; else below the unknown directory. */
static void apply_cwd(struct hc_state *s, struct hc_thread *t, bool dotted)
{
	struct hc_str cwd = hc_text_str(t->cwd);
	char buf[HC_PATH_SIZE + 3];
	uint32_t n = 2;

	memcpy(buf, "./", 2);
	if (!hc_str_is(cwd, "/") && cwd.len <= HC_PATH_SIZE) {
		memcpy(buf + 2, cwd.p, cwd.len);
		n += cwd.len;
	}
	hc_text_set(s, &t->cwd, buf, dotted ? n : 0);
}

static void apply_thread(struct hc_state *s, const json_t *o)
{
	struct hc_thread *t, *parent;
	struct hc_group *g;
	int64_t v, tid;

	t = number(o, "tid", &tid) ? hc_state_find(s, tid) : NULL;
	if (!t)
		return;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		if (!number(o, attributes[i].key, &v))
			continue;
		/* The type says how the stored enter event is laid out: one of an ordinary event. */
		if (attributes[i].off == offsetof(struct hc_thread, enter_type) && v != PPME_NONE &&
		    (v < 0 || v >= HC_EVENT_COUNT || hc_event_type_is_large((uint16_t)v)))
			continue;
		set(t, &attributes[i], v);
	}
	if (number(o, "alone", &v))
		hc_thread_leave_group(s, t);
	if (number(o, "group", &v)) {
		g = hc_group_find(s, v);
		g = g ? g : hc_group_make(s, v);
		hc_thread_leave_group(s, t);
		if (g)
			hc_thread_join_group(g, t);
	}
	if (number(o, "parent", &v)) {
		parent = v ? hc_state_find(s, v) : NULL;
		if (!parent || parent != t)
			hc_thread_set_parent(t, parent);
		if (number(o, "ptid", &v))
			t->ptid = v;
	}
	if (number(o, "cwd", &v))
		apply_cwd(s, t, v != 0);
	if (!t->container_known)
		hc_text_share(s, &t->container, NULL);
	hc_state_touch(s, t);
}

static void apply_group(struct hc_state *s, const json_t *o)
{
	struct hc_group *g;
	int64_t pid, v;

	if (!number(o, "pid", &pid))
		return;
	g = hc_group_find(s, pid);
	if (number(o, "gone", &v)) {
		if (g && !g->first)
			hc_group_unlist(s, g);
		return;
	}
	g = g ? g : hc_group_make(s, pid);
	if (!g)
		return;
	if (number(o, "live", &v) && v >= 0 && v <= HC_GROUPS_MAX)
		g->nlive = (uint32_t)v;
	if (number(o, "reaper", &v))
		g->reaper = v != 0;
	hc_state_raise(&s->lineage_epoch);
}

static void apply_fd(struct hc_state *s, const json_t *o)
{
	struct hc_thread *t;
	int64_t tid, num, v;
	struct hc_fd *fd;

	t = number(o, "tid", &tid) ? hc_state_find(s, tid) : NULL;
	fd = t && number(o, "fd", &num) ? hc_fds_edit_own(s, t, num) : NULL;
	if (!fd)
		return;
	if (number(o, "flags", &v))
		fd->flags = (uint8_t)v & FLAGS_SEEN & 63;
	if (number(o, "open_flags", &v))
		fd->open_flags = (uint32_t)v;
	if (number(o, "dev", &v))
		fd->dev = (uint32_t)v;
	if (number(o, "ino", &v))
		fd->ino = (uint64_t)v;
	if (number(o, "pid", &v))
		fd->pid = v;
	if (number(o, "nameless", &v))
		hc_text_share(s, &fd->name, NULL);
}

static void apply_order(struct hc_state *s, const json_t *o)
{
	const json_t *fds = json_object_get(o, "fds");
	uint16_t nums[HC_FDS_MAX];
	int64_t tid, buckets;
	struct hc_thread *t;
	size_t n = json_array_size(fds);

	t = number(o, "tid", &tid) ? hc_state_find(s, tid) : NULL;
	if (!t || !number(o, "buckets", &buckets) || buckets < 0 || buckets > BUCKETS_MAX || n > HC_FDS_MAX)
		return;
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(fds, i);
		int64_t num = json_is_integer(v) ? json_integer_value(v) : -1;

		if (num < 0 || num >= HC_FDS_DENSE_MAX)
			return;
		nums[i] = (uint16_t)num;
	}
	hc_fds_set_order(s, t, nums, (uint32_t)n, (uint16_t)buckets);
}

static void apply_exit(struct hc_state *s, const json_t *v)
{
	if (json_array_size(v) == 3)
		hc_exits_add(s, json_integer_value(json_array_get(v, 0)), json_integer_value(json_array_get(v, 1)),
			     (uint64_t)json_integer_value(json_array_get(v, 2)));
}

static void apply_list(struct hc_state *s, const json_t *doc, const char *name,
		       void (*apply)(struct hc_state *s, const json_t *element))
{
	const json_t *list = json_object_get(doc, name);

	for (size_t i = 0; i < json_array_size(list); i++)
		apply(s, json_array_get(list, i));
}

void hc_state_numbers_event(struct hc_state *s, struct hc_event *ev)
{
	uint32_t len;
	const char *p = (const char *)hc_event_param(ev, 2, &len);
	json_t *doc = len ? json_loadb(p, strnlen(p, len), 0, NULL) : NULL;

	apply_list(s, doc, "threads", apply_thread);
	apply_list(s, doc, "groups", apply_group);
	apply_list(s, doc, "fds", apply_fd);
	apply_list(s, doc, "orders", apply_order);
	apply_list(s, doc, "exits", apply_exit);
	json_decref(doc);
}
