/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthetic events for tests: parameters as a list of typed values whose widths come from the schema, and a small world
 * around them (a host state, a section, a clock). Shared by the tests of replay/.
 *
 *     struct world w = world_begin();
 *     struct hc_thread *t = world_thread(&w, 10, 10, 1);     // before world_load()
 *     world_load(&w);
 *     feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(3), N(-100), S("x"), N(1), N(0), N(0), N(0));
 *     world_end(&w);
 */
#pragma once

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/event.h"
#include "formats/section.h"
#include "replay/state.h"

struct value {
	enum { VALUE_NUMBER, VALUE_STRING, VALUE_BYTES, VALUE_EMPTY } kind;
	int64_t n;
	const void *p;
	uint32_t len;
};

#define N(v) ((struct value){ VALUE_NUMBER, (int64_t)(v), NULL, 0 })
#define S(s) ((struct value){ VALUE_STRING, 0, (s), (uint32_t)strlen(s) + 1 })
#define B(p_, len_) ((struct value){ VALUE_BYTES, 0, (p_), (uint32_t)(len_) })
/* A literal with embedded NULs: args, env, cgroups; its own final NUL is not part of it. */
#define L(literal) ((struct value){ VALUE_BYTES, 0, "" literal, sizeof(literal) - 1 })
#define EMPTY ((struct value){ VALUE_EMPTY, 0, NULL, 0 })

struct built {
	struct hc_event ev;
	uint8_t lens[4 * HC_EVENT_PARAMS_MAX];
	uint8_t data[1 << 16];
};

/* Fills b with an event of that type; numbers get the width of the schema's parameter. */
static inline struct hc_event *build_event(struct built *b, uint16_t type, int64_t tid, uint64_t ts_ns,
					   const struct value *values, uint32_t n)
{
	const struct hc_event_info *info = &hc_event_table[type];
	const bool large = hc_event_type_is_large(type);
	uint32_t off = 0;

	assert(n <= info->nparams);
	b->ev = (struct hc_event){ .type = type, .tid = tid, .ts_ns = ts_ns, .nparams = n, .lens = b->lens,
				   .data = b->data };
	for (uint32_t i = 0; i < n; i++) {
		int size = hc_param_type_size(info->params[i].type);
		uint32_t len = values[i].kind == VALUE_NUMBER ? (uint32_t)(size > 0 ? size : 8) : values[i].len;

		assert(off + len <= sizeof b->data);
		if (values[i].kind == VALUE_NUMBER)
			memcpy(b->data + off, &values[i].n, len);
		else if (len)
			memcpy(b->data + off, values[i].p, len);
		if (large)
			memcpy(b->lens + 4 * i, &len, 4);
		else
			memcpy(b->lens + 2 * i, &len, 2);
		off += len;
	}
	return &b->ev;
}

struct world {
	struct hc_state *state;
	struct hc_section section;
	uint64_t ts_ns; /* of the next event; every event advances it by 1 us */
	struct built *built;
};

static inline struct world world_begin(void)
{
	struct world w = { .state = hc_state_new(0), .ts_ns = 1000000000000, .built = calloc(1, sizeof *w.built) };

	assert(w.built);
	hc_section_init(&w.section);
	w.section.has_machine = true;
	w.section.machine.boot_ts_ns = 500000000000;
	return w;
}

/* A process (pid = tid) or thread of the snapshot, with names made from its tid; change it before the next is added. */
static inline struct hc_thread_info *world_thread(struct world *w, int64_t tid, int64_t pid, int64_t ptid)
{
	struct hc_thread_info *t = hc_section_add_thread(&w->section);

	*t = (struct hc_thread_info){ .tid = tid, .pid = pid, .ptid = ptid, .vtid = tid, .vpid = pid, .sid = 1, .vpgid = 1,
				      .pgid = 1, .fdlimit = 1024, .loginuid = UINT32_MAX };
	t->comm = hc_str(hc_arena_printf(&w->section.arena, "comm%d", (int)tid));
	t->exe = hc_str(hc_arena_printf(&w->section.arena, "exe%d", (int)tid));
	t->exepath = hc_str(hc_arena_printf(&w->section.arena, "/bin/exe%d", (int)tid));
	t->cwd = HC_STR("/home/");
	t->env = (struct hc_str){ "A=1\0B=2", 8 };
	return t;
}

static inline struct hc_fd_info *world_fd(struct world *w, int64_t tid, int64_t num, uint8_t type, const char *name)
{
	struct hc_fd_info *fd = hc_section_add_fd(&w->section);

	*fd = (struct hc_fd_info){ .tid = tid, .fd = num, .type = type, .name = hc_str(name) };
	return fd;
}

static inline void world_load(struct world *w)
{
	hc_state_section(w->state, &w->section);
}

static inline void world_end(struct world *w)
{
	w->state = hc_state_free(w->state);
	hc_section_done(&w->section);
	free(w->built);
}

static inline bool feed_values(struct world *w, uint16_t type, int64_t tid, const struct value *values, uint32_t n)
{
	struct hc_event *ev = build_event(w->built, type, tid, w->ts_ns, values, n);

	w->ts_ns += 1000;
	return hc_state_event(w->state, ev);
}

/* Applies an event; true if rules would see it. */
#define feed(w, type, tid, ...) \
	feed_values((w), (type), (tid), (struct value[]){ __VA_ARGS__ }, \
		    sizeof((struct value[]){ __VA_ARGS__ }) / sizeof(struct value))

/* The fd entry in use by a thread, or NULL. */
static inline struct hc_fd *world_get_fd(struct world *w, int64_t tid, int64_t num)
{
	struct hc_thread *t = hc_state_find(w->state, tid);

	return t ? hc_fdtable_get(hc_thread_fds(t), num) : NULL;
}

static inline const char *text(const struct hc_text *t)
{
	return hc_text_str(t).p;
}

/* PT_SOCKTUPLE and PT_SOCKADDR; addresses in network order. */
struct sock {
	uint8_t p[160];
	uint32_t len;
};

static inline struct sock tuple4(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport)
{
	struct sock s = { .len = 13 };

	src = __builtin_bswap32(src);
	dst = __builtin_bswap32(dst);
	s.p[0] = 2;
	memcpy(s.p + 1, &src, 4);
	memcpy(s.p + 5, &sport, 2);
	memcpy(s.p + 7, &dst, 4);
	memcpy(s.p + 11, &dport, 2);
	return s;
}

static inline struct sock tuple6(const uint8_t src[16], uint16_t sport, const uint8_t dst[16], uint16_t dport)
{
	struct sock s = { .len = 37 };

	s.p[0] = 10;
	memcpy(s.p + 1, src, 16);
	memcpy(s.p + 17, &sport, 2);
	memcpy(s.p + 19, dst, 16);
	memcpy(s.p + 35, &dport, 2);
	return s;
}

static inline struct sock tuple_unix(uint64_t src, uint64_t dst, const char *path)
{
	struct sock s = { .len = 17 + (uint32_t)strlen(path) + 1 };

	s.p[0] = 1;
	memcpy(s.p + 1, &src, 8);
	memcpy(s.p + 9, &dst, 8);
	strcpy((char *)s.p + 17, path);
	return s;
}

static inline struct sock addr4(uint32_t ip, uint16_t port)
{
	struct sock s = { .len = 7 };

	ip = __builtin_bswap32(ip);
	s.p[0] = 2;
	memcpy(s.p + 1, &ip, 4);
	memcpy(s.p + 5, &port, 2);
	return s;
}

static inline struct sock addr6(const uint8_t ip[16], uint16_t port)
{
	struct sock s = { .len = 19 };

	s.p[0] = 10;
	memcpy(s.p + 1, ip, 16);
	memcpy(s.p + 17, &port, 2);
	return s;
}

static inline struct sock addr_unix(const char *path)
{
	struct sock s = { .len = 1 + (uint32_t)strlen(path) + 1 };

	s.p[0] = 1;
	strcpy((char *)s.p + 1, path);
	return s;
}

#define SOCK(s) B((s).p, (s).len)

/* clone and kin: the 21 parameters of one process; change fields, then feed with CLONE_VALUES. */
struct clone_values {
	int64_t res, tid, pid, ptid, vtid, vpid;
	uint32_t flags, uid, gid;
	const char *exe, *comm;
	struct value args, cgroups;
	uint64_t pidns_start;
};

#define CLONE_VALUES(c) \
	N((c).res), S((c).exe), (c).args, N((c).tid), N((c).pid), N((c).ptid), S("/ignored"), N(1024), N(1), N(2), N(100), \
		N(50), N(0), S((c).comm), (c).cgroups, N((c).flags), N((c).uid), N((c).gid), N((c).vtid), N((c).vpid), \
		N((c).pidns_start)

/* fork of a child that keeps caller's names, outside of any namespace: the caller's view. */
static inline struct clone_values clone_by(int64_t caller, int64_t caller_ptid, int64_t child)
{
	return (struct clone_values){ .res = child, .tid = caller, .pid = caller, .ptid = caller_ptid, .vtid = caller,
				      .vpid = caller, .exe = "exe", .comm = "comm", .args = L("a\0b\0"),
				      .cgroups = L("cpu=/x\0"), .pidns_start = 0 };
}

/* ... and the child's. */
static inline struct clone_values clone_child(int64_t child, int64_t parent)
{
	struct clone_values c = clone_by(child, parent, 0);

	return c;
}

/* execve: the 30 parameters up to gid. */
struct exec_values {
	int64_t res, tid, pid, ptid;
	const char *exe, *comm, *exepath;
	struct value args, env, cgroups, trusted, pgid;
	uint32_t flags, uid, gid;
	uint64_t ctime;
};

static inline struct exec_values exec_of(int64_t tid, int64_t ptid, const char *path)
{
	return (struct exec_values){ .tid = tid, .pid = tid, .ptid = ptid, .exe = path, .comm = "prog", .args = L("x\0y\0"),
				     .env = L("E=1\0"), .cgroups = L("cpu=/x\0"), .trusted = S(path), .pgid = N(77) };
}

#define EXEC_VALUES(e) \
	N((e).res), S((e).exe), (e).args, N((e).tid), N((e).pid), N((e).ptid), S("/ignored"), N(2048), N(3), N(4), N(200), \
		N(60), N(1), S((e).comm), (e).cgroups, (e).env, N(34816), N(55), N(1000), N((e).flags), N(1), N(2), N(3), \
		N(99), N((e).ctime), N(7), N((e).uid), (e).trusted, (e).pgid, N((e).gid)
