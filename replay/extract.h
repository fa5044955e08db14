/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside field extraction: one function per field or per group of like fields, found by field id through the table in
 * extract.c, which also checks what the group needs before the function is called.
 */
#pragma once

#include "replay/eval.h"

typedef bool (*hc_extractor)(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret);

bool hc_extract_evt(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_evt_text(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_evt_count(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_evt_open(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_evt_infra(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_evt_abspath(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_arg(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_proc(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_proc_text(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_lineage(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_ancestors(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_thread_time(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_user(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_fd(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_fd_name(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_fd_types(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_sock(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_fspath(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_fdlist(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_container(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_mount(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);
bool hc_extract_pod(struct hc_eval *, const struct hc_field *, bool, struct hc_value *);

/* Giving back a value; all return true, so that an extractor can end in them. */
static inline bool hc_give_int(struct hc_value *ret, uint64_t u)
{
	*ret = (struct hc_value){ .kind = HC_VALUE_INT, .u = u };
	return true;
}

static inline bool hc_give_bool(struct hc_value *ret, bool b)
{
	*ret = (struct hc_value){ .kind = HC_VALUE_BOOL, .u = b };
	return true;
}

static inline bool hc_give_double(struct hc_value *ret, double d)
{
	*ret = (struct hc_value){ .kind = HC_VALUE_DOUBLE, .d = d };
	return true;
}

/* Borrowed as it is; it has to last until the next event. */
static inline bool hc_give_str(struct hc_value *ret, struct hc_str s)
{
	*ret = (struct hc_value){ .kind = HC_VALUE_STRING, .s = s };
	return true;
}

static inline bool hc_give_text(struct hc_value *ret, const struct hc_text *text)
{
	return hc_give_str(ret, hc_text_str(text));
}

/* Copied into the event's scratch arena. */
bool hc_give_copy(struct hc_eval *eval, struct hc_value *ret, const char *p, size_t len);

static inline bool hc_give_buf(struct hc_eval *eval, struct hc_value *ret, const struct hc_buf *buf)
{
	return hc_give_copy(eval, ret, buf->p, buf->len);
}

/* concat(base, path) of state-engine.md 10.1, in scratch. */
bool hc_give_concat(struct hc_eval *eval, struct hc_value *ret, struct hc_str base, struct hc_str path);

/* eval->text, emptied. */
static inline struct hc_buf *hc_eval_text(struct hc_eval *eval)
{
	hc_buf_reset(&eval->text);
	return &eval->text;
}

/* The entry under a number in the table the event's thread uses; NULL without thread or entry. */
static inline struct hc_fd *hc_eval_fd_at(struct hc_eval *eval, int64_t fd)
{
	return eval->thread ? hc_fdtable_get(hc_thread_fds(eval->thread), fd) : NULL;
}

/* The character and the word of an fd type (fields-semantics.md 5.3). */
char hc_fd_char(uint8_t type);
struct hc_str hc_fd_word(uint8_t type);
/* The protocol as shown: that of server sockets, of tuples only with a role, raw always (5.4). */
uint8_t hc_fd_shown_l4proto(const struct hc_fd *fd);

/* A set of NUL-terminated strings as consumers read it: a single empty string is no string at all. */
static inline struct hc_str hc_strings(struct hc_str set)
{
	return set.len == 1 && !*set.p ? HC_STR("") : set;
}

/* NUL-terminated strings in a row, joined by blanks. */
void hc_join_nuls(struct hc_buf *to, struct hc_str s);

/* The thread's container id; empty on the host. */
static inline struct hc_str hc_container_id(const struct hc_thread *thread)
{
	return hc_text_str(thread->container);
}

/* comm or exe, then each argument preceded by a blank. */
void hc_put_cmdline(struct hc_buf *to, struct hc_str first, struct hc_str args);

/* Value of the first NAME=value with something behind the '=', without blanks around; borrowed from env. */
bool hc_env_value(struct hc_str env, struct hc_str name, struct hc_str *ret);

/* proc.fdopencount: entries of the main thread's own table. */
uint64_t hc_fd_open_count(const struct hc_thread *t);

/* The current event's parameter that evt.rawarg.NAME is about: its own type and format count where it is shown (3.3).
 * NULL if it has none. */
const struct hc_param_info *hc_rawarg_param(const struct hc_eval *eval, const struct hc_field *field);

/* fd.name. */
bool hc_fd_name(struct hc_eval *eval, struct hc_value *ret);
