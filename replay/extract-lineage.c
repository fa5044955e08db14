/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields about other threads than the event's own: parent, ancestors, session and group leaders
 * (fields-semantics.md 4.2, 4.3).
 */
#include "replay/extract.h"

enum { AENV_STEPS = 20 /* ancestors searched for a variable */ };

static bool give_cmdline(struct hc_eval *eval, const struct hc_thread *t, struct hc_value *ret)
{
	struct hc_buf *buf = hc_eval_text(eval);

	hc_put_cmdline(buf, hc_text_str(t->comm), hc_text_str(t->args));
	return hc_give_buf(eval, ret, buf);
}

static bool ends_in_sh(struct hc_str s)
{
	return s.len >= 2 && !memcmp(s.p + s.len - 2, "sh", 2);
}

/* The most distant of the process and its ancestors whose name ends in "sh". */
static bool give_loginshell(struct hc_eval *eval, struct hc_value *ret)
{
	struct hc_thread *main = hc_thread_main(eval->thread), *t;
	struct hc_walk walk;
	bool found = false;

	if (!main)
		return false;
	if (ends_in_sh(hc_text_str(main->comm)))
		found = hc_give_int(ret, (uint64_t)main->pid);
	walk = hc_walk_begin(eval->state, main);
	while ((t = hc_walk_next(&walk)))
		if (ends_in_sh(hc_text_str(t->comm)))
			found = hc_give_int(ret, (uint64_t)t->pid);
	return found;
}

static bool give_leader(struct hc_eval *eval, enum hc_field_id id, struct hc_value *ret)
{
	enum hc_leader which = HC_LEADER_PGID;
	const struct hc_thread *t;

	switch (id) {
	case HC_FIELD_PROC_SNAME: case HC_FIELD_PROC_SID_EXE: case HC_FIELD_PROC_SID_EXEPATH: which = HC_LEADER_SID; break;
	case HC_FIELD_PROC_VPGID_NAME: case HC_FIELD_PROC_VPGID_EXE: case HC_FIELD_PROC_VPGID_EXEPATH:
		which = HC_LEADER_VPGID;
		break;
	default: break;
	}
	t = hc_state_leader(eval->state, eval->thread, which);
	if (!t)
		return hc_give_str(ret, HC_STR(""));
	switch (id) {
	case HC_FIELD_PROC_SNAME: case HC_FIELD_PROC_VPGID_NAME: case HC_FIELD_PROC_PGID_NAME:
		return hc_give_text(ret, t->comm);
	case HC_FIELD_PROC_SID_EXE: case HC_FIELD_PROC_VPGID_EXE: case HC_FIELD_PROC_PGID_EXE:
		return hc_give_text(ret, t->exe);
	default: return hc_give_text(ret, t->exepath);
	}
}

bool hc_extract_lineage(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_thread *parent;

	switch (field->id) {
	case HC_FIELD_PROC_LOGINSHELLID: return give_loginshell(eval, ret);
	case HC_FIELD_PROC_PVPID:
		parent = hc_state_find(eval->state, eval->thread->ptid);
		return parent && hc_give_int(ret, (uint64_t)parent->vpid);
	case HC_FIELD_PROC_PPID_TS:
		parent = hc_state_find(eval->state, eval->thread->ptid);
		return parent && hc_give_int(ret, parent->clone_ts_ns);
	case HC_FIELD_PROC_PEXE: case HC_FIELD_PROC_PEXEPATH: case HC_FIELD_PROC_PNAME: case HC_FIELD_PROC_PCMDLINE:
	case HC_FIELD_PROC_PPID: case HC_FIELD_PROC_PPID_DURATION: break;
	default: return give_leader(eval, field->id, ret);
	}
	parent = hc_state_ancestor(eval->state, eval->thread, 1);
	if (!parent)
		return false;
	switch (field->id) {
	case HC_FIELD_PROC_PEXE: return hc_give_text(ret, parent->exe);
	case HC_FIELD_PROC_PEXEPATH: return hc_give_text(ret, parent->exepath);
	case HC_FIELD_PROC_PNAME: return hc_give_text(ret, parent->comm);
	case HC_FIELD_PROC_PCMDLINE: return give_cmdline(eval, parent, ret);
	case HC_FIELD_PROC_PPID: return hc_give_int(ret, (uint64_t)parent->pid);
	default:
		/* Without a start time the reference falls through to the next field of its table, the number of open
		 * fds (4.2 (B)). Captures show it, so outputs are compared with it. */
		return hc_give_int(ret, parent->clone_ts_ns ? eval->ev->ts_ns - parent->clone_ts_ns
							    : hc_fd_open_count(eval->thread));
	}
}

/* The attribute an ancestor field shows; false if it would have to be built (argument lists). */
static bool attribute(const struct hc_thread *t, enum hc_field_id id, struct hc_value *ret)
{
	switch (id) {
	case HC_FIELD_PROC_ANAME: return hc_give_text(ret, t->comm);
	case HC_FIELD_PROC_AEXE: return hc_give_text(ret, t->exe);
	case HC_FIELD_PROC_AEXEPATH: return hc_give_text(ret, t->exepath);
	case HC_FIELD_PROC_APID: return hc_give_int(ret, (uint64_t)t->pid);
	default: return false;
	}
}

static bool built_attribute(struct hc_eval *eval, const struct hc_thread *t, enum hc_field_id id, struct hc_value *ret)
{
	struct hc_buf *buf;

	if (attribute(t, id, ret))
		return true;
	if (id == HC_FIELD_PROC_ACMDLINE)
		return give_cmdline(eval, t, ret);
	buf = hc_eval_text(eval);
	hc_join_nuls(buf, id == HC_FIELD_PROC_AENV ? hc_thread_env(t) : hc_text_str(t->args));
	return hc_give_buf(eval, ret, buf);
}

/* Conditions without an index: every ancestor's value is a candidate. */
static bool give_candidates(struct hc_eval *eval, struct hc_thread *main, enum hc_field_id id, struct hc_value *ret)
{
	struct hc_walk walk = hc_walk_begin(eval->state, main);
	uint32_t n = 0, cap = 16;
	struct hc_value *items = hc_arena_array(&eval->scratch, struct hc_value, cap);
	struct hc_thread *t;

	while ((t = hc_walk_next(&walk))) {
		if (n == cap) {
			struct hc_value *more = hc_arena_array(&eval->scratch, struct hc_value, cap * 2);

			memcpy(more, items, cap * sizeof *items);
			items = more;
			cap *= 2;
		}
		built_attribute(eval, t, id, &items[n++]);
	}
	*ret = (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = n, .items = items };
	return n > 0;
}

/* Outputs without an index: all ancestors from the parent up, joined by blanks. */
static bool give_joined(struct hc_eval *eval, struct hc_thread *main, enum hc_field_id id, struct hc_value *ret)
{
	struct hc_walk walk = hc_walk_begin(eval->state, main);
	struct hc_buf *buf = hc_eval_text(eval);
	struct hc_thread *t;

	while ((t = hc_walk_next(&walk))) {
		struct hc_value v;

		if (buf->len) /* leading empty ones leave no blank (Q) */
			hc_buf_putc(buf, ' ');
		if (attribute(t, id, &v))
			hc_buf_put(buf, v.s.p, v.s.len);
		else if (id == HC_FIELD_PROC_ACMDLINE)
			hc_put_cmdline(buf, hc_text_str(t->comm), hc_text_str(t->args));
		else
			hc_join_nuls(buf, hc_text_str(t->args));
	}
	return buf->len && hc_give_buf(eval, ret, buf);
}

/* proc.aenv (4.2): a variable among the ancestors, or somebody's whole environment. */
static bool give_aenv(struct hc_eval *eval, const struct hc_field *field, struct hc_thread *main, bool for_output,
		      struct hc_value *ret)
{
	struct hc_walk walk;
	struct hc_thread *t;
	struct hc_str value;
	int64_t n = 0;

	if (field->key.len && !field->has_index) {
		walk = hc_walk_begin(eval->state, main);
		for (int i = 0; i < AENV_STEPS && (t = hc_walk_next(&walk)); i++)
			if (hc_env_value(hc_thread_env(t), field->key, &value) && value.len)
				return hc_give_copy(eval, ret, value.p, value.len);
		return hc_give_str(ret, HC_STR(""));
	}
	if (!for_output)
		return give_candidates(eval, main, field->id, ret);
	if (field->has_index && field->index < 0)
		return false;
	walk = hc_walk_begin(eval->state, main);
	for (t = main; field->has_index && t && n < field->index; n++)
		t = hc_walk_next(&walk);
	return t && built_attribute(eval, t, field->id, ret);
}

bool hc_extract_ancestors(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_thread *main = hc_thread_main(eval->thread);
	const struct hc_thread *t;

	if (field->id == HC_FIELD_PROC_AENV)
		return give_aenv(eval, field, main ? main : eval->thread, for_output, ret);
	if (!main)
		return false;
	if (field->has_index) {
		if (field->index < 0 || field->index > UINT32_MAX)
			return false;
		t = hc_state_ancestor(eval->state, eval->thread, (uint32_t)field->index);
		return t && built_attribute(eval, t, field->id, ret);
	}
	if (field->id == HC_FIELD_PROC_APID && for_output)
		return hc_give_int(ret, (uint64_t)eval->thread->pid); /* (Q) the own pid */
	if (for_output || field->id == HC_FIELD_PROC_AARGS)
		return give_joined(eval, main, field->id, ret);
	return give_candidates(eval, main, field->id, ret);
}
