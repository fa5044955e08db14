/* SPDX-License-Identifier: Apache-2.0
 *
 * Events made from the input byte by byte, through the host state and every field. Structure-aware: a type, a thread out of
 * few, and parameters that are mostly plausible, so that the input decides about meaning and not about framing.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "all-fields.h"
#include "replay/state-extra.h"

enum { EVENTS_MAX = 400, EXTRACT_EVERY = 16, STATE_BYTES_MAX = 8 << 20 };

struct input {
	const uint8_t *p;
	size_t left;
};

static uint8_t take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static int64_t take_number(struct input *in)
{
	static const int64_t palette[] = { 0, 1, -1, -2, -100, -115, 2, 3, 10, 16, 4096, 5000, 65536, 0x3fffffff, INT64_MAX,
					   INT64_MIN, 8192, 64, 256, 1 << 27, 1 << 29, 1 << 20, 1 << 30, 1000, 26, 36 };
	const uint8_t b = take(in);

	return b < sizeof palette / sizeof *palette ? palette[b] : (int8_t)b;
}

static const char *const words[] = { "", "/", "<NA>", "(NULL)", "a", "../b", "/etc/passwd", "/a//b/./c/../", "bash", "container",
				     "{\"container\":{\"id\":\"c1\",\"ip\":\"10.0.0.1\",\"labels\":{\"a\":\"b\"}}}",
				     "cpu=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
				     "/lxc/x", "cpu=/a/b", "mem=/lxc.payload.x", "PATH=/bin" };

static uint32_t take_param(struct input *in, uint8_t type, uint8_t *to)
{
	const int size = hc_param_type_size(type);
	const uint8_t how = take(in);

	if (how >= 0xf8) /* absent, or anything */
		return 0;
	if (how >= 0xf0) {
		uint32_t len = take(in);

		for (uint32_t i = 0; i < len; i++)
			to[i] = take(in);
		return len;
	}
	if (size > 0) {
		const int64_t v[4] = { take_number(in) }; /* an address and mask have 32 bytes */

		memcpy(to, v, (size_t)size);
		return (uint32_t)size;
	}
	switch (type) {
	case PT_SOCKADDR:
	case PT_SOCKTUPLE: {
		static const uint8_t families[] = { 2, 10, 1 }, lens[] = { 13, 37, 22 };
		const uint8_t which = how % 3;

		memset(to, 0, 40);
		for (int i = 0; i < 12; i++)
			to[which == 1 ? 3 * i : i] = take(in) & 3;
		to[0] = families[which];
		return lens[which];
	}
	default: {
		const char *word = words[how % (sizeof words / sizeof *words)];

		memcpy(to, word, strlen(word) + 1);
		return (uint32_t)strlen(word) + 1;
	}
	}
}

static void make_section(struct input *in, struct hc_section *section)
{
	const uint8_t nthreads = take(in) % 8, nfds = take(in) % 8;

	hc_section_init(section);
	for (int i = 0; i < nthreads; i++) {
		struct hc_thread_info *t = hc_section_add_thread(section);

		t->tid = take(in) % 8;
		t->pid = take(in) % 8;
		t->ptid = take(in) % 8;
		t->vtid = take(in) % 8;
		t->flags = take(in) % 4 ? 0 : 8193;
		t->comm = t->exe = hc_str("x");
		t->cgroups = hc_str(words[11]);
		t->cwd = hc_str("/home");
	}
	for (int i = 0; i < nfds; i++) {
		struct hc_fd_info *fd = hc_section_add_fd(section);

		fd->tid = take(in) % 8;
		fd->fd = take_number(in);
		fd->type = take(in) % HC_FD_TYPE_COUNT;
		fd->sport = take(in) & 3;
		fd->l4proto = take(in) % 6;
		fd->name = hc_str(words[take(in) % 8]);
	}
}

/* What must hold between events, whatever they said. */
static void check_invariants(struct hc_state *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->tids_cap; i++) {
		struct hc_thread *t = s->tids[i];
		bool found = false;

		if (!t)
			continue;
		n++;
		assert(hc_state_find(s, t->tid) == t);
		for (struct hc_thread *m = t->group ? t->group->first : t; m; m = m->group_next)
			found |= m == t;
		assert(found);
		for (struct hc_thread *c = t->child_first; c; c = c->sibling_next)
			assert(c->parent == t);
		if (t->fds) {
			uint32_t pos = 0, nfds = 0;
			struct hc_fd *fd;
			int64_t num;

			while (hc_fdtable_next(t->fds, &pos, &num, &fd))
				nfds++;
			assert(nfds == t->fds->n && nfds <= HC_FDS_MAX);
		}
	}
	assert(n == s->ntids);
}

static int apply(void *ctx, struct hc_event *ev)
{
	hc_state_event(ctx, ev);
	return 0;
}

/* The state written back, and read by another one that lives on. */
static void copy(struct hc_state *state, uint64_t ts_ns)
{
	struct hc_state *other = hc_state_new(STATE_BYTES_MAX);
	struct hc_state_extra_stats stats;
	struct hc_section lists;

	hc_section_init(&lists);
	hc_state_settle(state, ts_ns);
	hc_state_lists(state, NULL, NULL, &lists);
	hc_state_section(other, &lists);
	hc_state_loaded(other);
	hc_state_extra(state, &lists, NULL, NULL, ts_ns, apply, other, &stats);
	hc_state_settle(other, ts_ns);
	check_invariants(other);
	for (int64_t tid = 0; tid < 8; tid++) {
		struct hc_event ev = { .type = PPME_PROCEXIT_1_E, .tid = tid, .ts_ns = ts_ns };

		hc_state_event(other, &ev);
		hc_state_settle(other, ts_ns);
	}
	check_invariants(other);
	hc_state_free(other);
	hc_section_done(&lists);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t lens[4 * HC_EVENT_PARAMS_MAX], bytes[HC_EVENT_PARAMS_MAX * 512];
	static struct all_fields all;
	struct input in = { data, size };
	struct hc_section section;
	struct hc_state *state = hc_state_new(STATE_BYTES_MAX);
	struct hc_eval eval;
	uint64_t ts_ns = 1000000000000;

	if (!all.n)
		all_fields_init(&all);
	make_section(&in, &section);
	hc_state_section(state, &section);
	hc_eval_init(&eval, state);
	for (int i = 0; i < EVENTS_MAX && in.left; i++) {
		const uint16_t type = (uint16_t)(take(&in) | take(&in) << 8) % HC_EVENT_COUNT;
		const struct hc_event_info *info = &hc_event_table[type];
		struct hc_event ev = { .type = type, .num = (uint64_t)i + 1, .lens = lens, .nparams = info->nparams };
		uint32_t off = 0;

		ev.tid = take(&in) % 8;
		ts_ns += take(&in) * 100000000ull;
		ev.ts_ns = ts_ns;
		for (uint32_t k = 0; k < info->nparams; k++) {
			uint32_t len = take_param(&in, info->params[k].type, bytes + off);

			if (hc_event_type_is_large(type))
				memcpy(lens + 4 * k, &len, 4);
			else
				memcpy(lens + 2 * k, &len, 2);
			off += len;
		}
		/* A copy of the exact size, so that reading beyond it is seen. */
		ev.data = memcpy(malloc(off + 1), bytes, off);
		ev.data = realloc((void *)ev.data, off ? off : 1);
		if (hc_state_event(state, &ev) && i % EXTRACT_EVERY == 0) {
			hc_eval_begin(&eval, &ev);
			all_fields_extract(&all, &eval);
		}
		free((void *)ev.data);
	}
	check_invariants(state);
	copy(state, ts_ns);
	hc_eval_done(&eval);
	hc_state_free(state);
	hc_section_done(&section);
	return 0;
}
