/* SPDX-License-Identifier: Apache-2.0
 *
 * proc.* and thread.* fields of the event's own process, user.* and group.* (fields-semantics.md 4.1, 7). Those that look
 * at other threads are in extract-lineage.c.
 */
#include "replay/extract.h"

#include "common/mem.h"

enum { KB = 1024 };

/* Strings of a NUL-separated set, one after the other; the last may lack its NUL. */
static bool next_string(struct hc_str *set, struct hc_str *ret)
{
	if (!set->len)
		return false;
	*ret = (struct hc_str){ set->p, (uint32_t)strnlen(set->p, set->len) };
	set->p += ret->len;
	set->len -= ret->len;
	if (set->len) {
		set->p++;
		set->len--;
	}
	return true;
}

static bool give_args(struct hc_eval *eval, const struct hc_field *field, struct hc_value *ret)
{
	struct hc_str args = hc_strings(hc_text_str(eval->thread->args)), arg;
	struct hc_buf *buf = hc_eval_text(eval);

	if (!field->has_index) {
		hc_join_nuls(buf, args);
		return hc_give_buf(eval, ret, buf);
	}
	if (field->index < 0)
		return false;
	for (int64_t i = 0; next_string(&args, &arg); i++)
		if (i == field->index)
			return hc_give_copy(eval, ret, arg.p, arg.len);
	return hc_give_str(ret, HC_STR(""));
}

static bool is_number(struct hc_str s)
{
	for (uint32_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.len > 0;
}

bool hc_env_value(struct hc_str env, struct hc_str name, struct hc_str *ret)
{
	struct hc_str var;

	while (next_string(&env, &var)) {
		if (var.len <= name.len + 1 || var.p[name.len] != '=' || memcmp(var.p, name.p, name.len))
			continue;
		var.p += name.len + 1;
		var.len -= name.len + 1;
		while (var.len && *var.p == ' ') {
			var.p++;
			var.len--;
		}
		while (var.len && var.p[var.len - 1] == ' ')
			var.len--;
		*ret = var;
		return true;
	}
	return false;
}

static bool give_env(struct hc_eval *eval, const struct hc_field *field, struct hc_value *ret)
{
	struct hc_str env = hc_thread_env(eval->thread), value;
	struct hc_buf *buf = hc_eval_text(eval);

	if (field->key.len && !is_number(field->key)) {
		if (!hc_env_value(env, field->key, &value))
			return hc_give_str(ret, HC_STR(""));
		return hc_give_copy(eval, ret, value.p, value.len);
	}
	hc_join_nuls(buf, env);
	return hc_give_buf(eval, ret, buf);
}

void hc_put_cmdline(struct hc_buf *to, struct hc_str first, struct hc_str args)
{
	hc_buf_put(to, first.p, first.len);
	if (hc_strings(args).len)
		hc_buf_putc(to, ' ');
	hc_join_nuls(to, args);
}

/* A cgroup entry "subsystem=path" with the reference's names of subsystems. */
static struct hc_str subsystem(struct hc_str entry, struct hc_str *ret_path)
{
	const char *eq = memchr(entry.p, '=', entry.len);
	struct hc_str name = entry;
	static const struct {
		const char *from, *to;
	} names[] = { { "perf", "perf_event" }, { "mem", "memory" }, { "io", "blkio" } };

	if (!eq) {
		*ret_path = HC_STR("");
		return name;
	}
	name.len = (uint32_t)(eq - entry.p);
	*ret_path = (struct hc_str){ eq + 1, entry.len - name.len - 1 };
	if (name.len > 7 && !memcmp(name.p + name.len - 7, "_cgroup", 7))
		name.len -= 7;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (hc_str_is(name, names[i].from))
			return hc_str(names[i].to);
	return name;
}

static bool give_cgroups(struct hc_eval *eval, const struct hc_field *field, struct hc_value *ret)
{
	struct hc_str set = hc_text_str(eval->thread->cgroups), entry;
	struct hc_buf *buf = hc_eval_text(eval);

	while (next_string(&set, &entry)) {
		struct hc_str path, name = subsystem(entry, &path);

		if (field->id == HC_FIELD_THREAD_CGROUP) {
			if (hc_str_eq(name, field->key))
				return hc_give_copy(eval, ret, path.p, path.len);
			continue;
		}
		if (buf->len)
			hc_buf_putc(buf, ' ');
		hc_buf_put(buf, name.p, name.len);
		hc_buf_putc(buf, '=');
		hc_buf_put(buf, path.p, path.len);
	}
	return buf->len && hc_give_buf(eval, ret, buf);
}

static bool give_caps(struct hc_eval *eval, uint64_t caps, struct hc_value *ret)
{
	static const struct hc_flagset *set;
	struct hc_buf *buf = hc_eval_text(eval);

	if (!set)
		set = hc_flagset_find("capabilities");
	for (size_t i = 0; i < set->n; i++) {
		if (!(caps & set->flags[i].value))
			continue;
		if (buf->len)
			hc_buf_putc(buf, ' ');
		hc_buf_puts(buf, set->flags[i].name);
	}
	return hc_give_buf(eval, ret, buf);
}

static bool give_std_fd(struct hc_eval *eval, int64_t fd, bool name, struct hc_value *ret)
{
	const struct hc_fd *entry = hc_eval_fd_at(eval, fd);

	return entry && (name ? hc_give_text(ret, entry->name) : hc_give_str(ret, hc_fd_word(entry->type)));
}

bool hc_extract_proc_text(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_thread *t = eval->thread;
	struct hc_buf *buf;

	switch (field->id) {
	case HC_FIELD_PROC_EXE: return hc_give_text(ret, t->exe);
	case HC_FIELD_PROC_EXEPATH: return hc_give_text(ret, t->exepath);
	case HC_FIELD_PROC_NAME: return hc_give_text(ret, t->comm);
	case HC_FIELD_PROC_CWD: return hc_give_str(ret, hc_thread_cwd(t));
	case HC_FIELD_PROC_ARGS: return give_args(eval, field, ret);
	case HC_FIELD_PROC_ENV: return give_env(eval, field, ret);
	case HC_FIELD_PROC_CMDLINE:
		buf = hc_eval_text(eval);
		hc_put_cmdline(buf, hc_text_str(t->comm), hc_text_str(t->args));
		return hc_give_buf(eval, ret, buf);
	case HC_FIELD_PROC_EXELINE:
		buf = hc_eval_text(eval);
		hc_buf_put(buf, hc_text_str(t->exe).p, hc_text_str(t->exe).len);
		hc_buf_putc(buf, ' ');
		hc_join_nuls(buf, hc_text_str(t->args));
		return hc_give_buf(eval, ret, buf);
	case HC_FIELD_THREAD_NAMETID:
		buf = hc_eval_text(eval);
		hc_buf_put(buf, hc_text_str(t->comm).p, hc_text_str(t->comm).len);
		hc_buf_i64(buf, eval->ev->tid);
		return hc_give_buf(eval, ret, buf);
	case HC_FIELD_THREAD_CGROUPS: case HC_FIELD_THREAD_CGROUP: return give_cgroups(eval, field, ret);
	case HC_FIELD_THREAD_CAP_PERMITTED: return give_caps(eval, t->cap_permitted, ret);
	case HC_FIELD_THREAD_CAP_INHERITABLE: return give_caps(eval, t->cap_inheritable, ret);
	case HC_FIELD_THREAD_CAP_EFFECTIVE: return give_caps(eval, t->cap_effective, ret);
	case HC_FIELD_PROC_STDIN_TYPE: return give_std_fd(eval, 0, false, ret);
	case HC_FIELD_PROC_STDOUT_TYPE: return give_std_fd(eval, 1, false, ret);
	case HC_FIELD_PROC_STDERR_TYPE: return give_std_fd(eval, 2, false, ret);
	case HC_FIELD_PROC_STDIN_NAME: return give_std_fd(eval, 0, true, ret);
	case HC_FIELD_PROC_STDOUT_NAME: return give_std_fd(eval, 1, true, ret);
	default: return give_std_fd(eval, 2, true, ret);
	}
}

/* Ids outside what a pid can be are absent (4.1). */
static bool give_pid(struct hc_value *ret, int64_t pid)
{
	return pid >= -1 && pid <= UINT32_MAX && hc_give_int(ret, (uint64_t)pid);
}

static bool give_nonzero(struct hc_value *ret, uint64_t v)
{
	return v && hc_give_int(ret, v);
}

uint64_t hc_fd_open_count(const struct hc_thread *t)
{
	const struct hc_thread *main = hc_thread_main(t);

	return main ? hc_fdtable_count(main->fds) : 0;
}

static double fd_usage(const struct hc_thread *t)
{
	const struct hc_thread *main = hc_thread_main(t);
	double usage = main && main->fdlimit > 0 ? (double)hc_fd_open_count(t) * 100 / (double)main->fdlimit : 0;

	return usage > 100 ? 100 : usage;
}

static bool give_arg_count(const struct hc_thread *t, bool bytes, struct hc_value *ret)
{
	struct hc_str args = hc_strings(hc_text_str(t->args)), arg;
	uint64_t n = 0, total = 0;

	for (; next_string(&args, &arg); n++)
		total += arg.len;
	return hc_give_int(ret, bytes ? total : n);
}

bool hc_extract_proc(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_thread *t = eval->thread, *main;
	bool is_main;

	switch (field->id) {
	case HC_FIELD_THREAD_TID: return give_pid(ret, eval->ev->tid);
	case HC_FIELD_PROC_CMDNARGS: return give_arg_count(t, false, ret);
	case HC_FIELD_PROC_CMDLENARGS: return give_arg_count(t, true, ret);
	case HC_FIELD_PROC_TTY: return hc_give_int(ret, t->tty);
	case HC_FIELD_PROC_PID: return give_pid(ret, t->pid);
	case HC_FIELD_PROC_VPID: return t->vpid != -1 && hc_give_int(ret, (uint64_t)t->vpid);
	case HC_FIELD_THREAD_VTID: return t->vtid != -1 && hc_give_int(ret, (uint64_t)t->vtid);
	case HC_FIELD_PROC_SID: return hc_give_int(ret, (uint64_t)t->sid);
	case HC_FIELD_PROC_VPGID: return hc_give_int(ret, (uint64_t)t->vpgid);
	case HC_FIELD_PROC_PGID: return hc_give_int(ret, (uint64_t)t->pgid);
	case HC_FIELD_PROC_DURATION: return t->clone_ts_ns && hc_give_int(ret, eval->ev->ts_ns - t->clone_ts_ns);
	case HC_FIELD_PROC_PID_TS: return give_nonzero(ret, t->clone_ts_ns);
	case HC_FIELD_PROC_IS_EXE_WRITABLE: return hc_give_bool(ret, t->exe_writable);
	case HC_FIELD_PROC_IS_EXE_UPPER_LAYER: return hc_give_bool(ret, t->exe_upper_layer);
	case HC_FIELD_PROC_IS_EXE_LOWER_LAYER: return hc_give_bool(ret, t->exe_lower_layer);
	case HC_FIELD_PROC_IS_EXE_FROM_MEMFD: return hc_give_bool(ret, t->exe_from_memfd);
	case HC_FIELD_PROC_IS_SID_LEADER: return hc_give_bool(ret, t->sid == t->vpid);
	case HC_FIELD_PROC_IS_VPGID_LEADER: return hc_give_bool(ret, t->vpgid == t->vpid);
	case HC_FIELD_PROC_IS_PGID_LEADER: return hc_give_bool(ret, t->pgid == t->pid);
	case HC_FIELD_PROC_EXE_INO: return give_nonzero(ret, t->exe_ino);
	case HC_FIELD_PROC_EXE_INO_CTIME: return give_nonzero(ret, t->exe_ino_ctime_ns);
	case HC_FIELD_PROC_EXE_INO_MTIME: return give_nonzero(ret, t->exe_ino_mtime_ns);
	case HC_FIELD_PROC_EXE_INO_CTIME_DURATION_PROC_START: return give_nonzero(ret, t->ctime_duration_clone_ns);
	case HC_FIELD_PROC_EXE_INO_CTIME_DURATION_PIDNS_START: return give_nonzero(ret, t->ctime_duration_pidns_ns);
	case HC_FIELD_PROC_PIDNS_INIT_START_TS: return give_nonzero(ret, t->pidns_init_start_ts_ns);
	case HC_FIELD_PROC_FDOPENCOUNT: return hc_give_int(ret, hc_fd_open_count(t));
	case HC_FIELD_PROC_FDUSAGE: return hc_give_double(ret, fd_usage(t));
	case HC_FIELD_PROC_FDLIMIT:
		main = hc_thread_main(t);
		return hc_give_int(ret, main ? (uint64_t)main->fdlimit : 0);
	case HC_FIELD_PROC_VMSIZE: return hc_give_int(ret, t->vmsize_kb);
	case HC_FIELD_PROC_VMRSS: return hc_give_int(ret, t->vmrss_kb);
	case HC_FIELD_PROC_VMSWAP: return hc_give_int(ret, t->vmswap_kb);
	case HC_FIELD_THREAD_PFMAJOR: return hc_give_int(ret, t->pfmajor);
	case HC_FIELD_THREAD_PFMINOR: return hc_give_int(ret, t->pfminor);
	case HC_FIELD_THREAD_ISMAIN: return hc_give_bool(ret, hc_thread_is_main(t));
	case HC_FIELD_PROC_NTHREADS: return hc_give_int(ret, hc_thread_nthreads(t));
	case HC_FIELD_PROC_NCHILDS: return hc_give_int(ret, hc_thread_nchilds(t));
	default: break;
	}
	is_main = hc_thread_is_main(t);
	switch (field->id) {
	case HC_FIELD_THREAD_VMSIZE: return hc_give_int(ret, is_main ? t->vmsize_kb : 0);
	case HC_FIELD_THREAD_VMRSS: return hc_give_int(ret, is_main ? t->vmrss_kb : 0);
	/* (Q): the product of 32 bits, too small for 4 GiB and more */
	case HC_FIELD_THREAD_VMSIZE_B: return hc_give_int(ret, is_main ? (uint32_t)(t->vmsize_kb * KB) : 0);
	default: return hc_give_int(ret, is_main ? (uint32_t)(t->vmrss_kb * KB) : 0);
	}
}

/* now - last as the reference has it: nothing to compare with is 0, backwards counts as much (at most 100). */
static double cpu_since(uint64_t last, uint64_t now)
{
	double d = last ? (double)(now - last) : 0;

	return d > 100 ? 100 : d;
}

/* thread.cpu*: what a procinfo event says, less what the thread's previous one said. */
static bool give_cpu(struct hc_eval *eval, enum hc_field_id id, struct hc_value *ret)
{
	struct hc_thread *t = eval->thread;

	if (eval->ev->type != PPME_PROCINFO_E)
		return false;
	if (eval->cpu_serial != eval->serial) {
		uint64_t user = hc_event_u64(eval->ev, 0, 0), system = hc_event_u64(eval->ev, 1, 0);

		eval->cpu_user = cpu_since(t->cpu_user_last, user);
		eval->cpu_system = cpu_since(t->cpu_system_last, system);
		eval->cpu_total = cpu_since(t->cpu_user_last + t->cpu_system_last, user + system);
		t->cpu_user_last = user;
		t->cpu_system_last = system;
		eval->cpu_serial = eval->serial;
	}
	switch (id) {
	case HC_FIELD_THREAD_CPU_USER: return hc_give_double(ret, eval->cpu_user);
	case HC_FIELD_THREAD_CPU_SYSTEM: return hc_give_double(ret, eval->cpu_system);
	default: return hc_give_double(ret, eval->cpu_total);
	}
}

enum { CPUS_MAX = 1 << 16 };

/* Switches of threads nobody knows, the idle ones above all, count as well: they begin what the next one ends. */
static uint64_t exectime(struct hc_eval *eval)
{
	uint64_t *last;

	if (eval->exectime_serial == eval->serial)
		return eval->exectime_ns;
	eval->exectime_serial = eval->serial;
	eval->exectime_ns = 0;
	if (eval->ev->type != PPME_SCHEDSWITCH_6_E && eval->ev->type != PPME_SCHEDSWITCH_1_E)
		return 0;
	if (!eval->switch_ts_ns)
		eval->switch_ts_ns = hc_calloc(CPUS_MAX, sizeof *eval->switch_ts_ns);
	last = &eval->switch_ts_ns[eval->ev->cpu];
	if (*last)
		eval->exectime_ns = eval->ev->ts_ns - *last;
	*last = eval->ev->ts_ns;
	if (eval->thread)
		eval->thread->exectime_total_ns += eval->exectime_ns;
	return eval->exectime_ns;
}

bool hc_extract_thread_time(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	switch (field->id) {
	case HC_FIELD_THREAD_EXECTIME: return hc_give_int(ret, exectime(eval));
	case HC_FIELD_THREAD_TOTEXECTIME:
		exectime(eval); /* adds it up */
		return eval->thread && hc_give_int(ret, eval->thread->exectime_total_ns);
	default: return give_cpu(eval, field->id, ret);
	}
}

/* Names and places of a user: the record's, else root's if the id is 0, else <NA> as text (7). */
static struct hc_str record_text(const struct hc_user *record, const struct hc_text *text, uint32_t id, const char *root)
{
	if (record)
		return hc_text_str(text);
	return id == 0 && root ? hc_str(root) : HC_STR("<NA>");
}

bool hc_extract_user(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_thread *t = eval->thread;
	const struct hc_users *users = &eval->state->users;
	const struct hc_container *described = eval->state->container;
	const struct hc_user *r;

	switch (field->id) {
	case HC_FIELD_USER_UID: return hc_give_int(ret, t->uid);
	case HC_FIELD_GROUP_GID: return hc_give_int(ret, t->gid);
	case HC_FIELD_USER_LOGINUID: return hc_give_int(ret, t->loginuid == UINT32_MAX ? UINT64_MAX : t->loginuid);
	case HC_FIELD_USER_LOGINNAME:
		r = hc_users_find_user(users, t->container, t->loginuid);
		return hc_give_str(ret, record_text(r, r ? r->name : NULL, t->loginuid, "root"));
	case HC_FIELD_GROUP_NAME:
		r = hc_users_find_group(users, t->container, t->gid);
		return hc_give_str(ret, record_text(r, r ? r->name : NULL, t->gid, "root"));
	default: break;
	}
	r = hc_users_find_user(users, t->container, t->uid);
	switch (field->id) {
	case HC_FIELD_USER_HOMEDIR: return hc_give_str(ret, record_text(r, r ? r->home : NULL, t->uid, "/root"));
	case HC_FIELD_USER_SHELL: return hc_give_str(ret, record_text(r, r ? r->shell : NULL, t->uid, NULL));
	default:
		if (described && described->user)
			return hc_give_text(ret, described->user);
		return hc_give_str(ret, record_text(r, r ? r->name : NULL, t->uid, "root"));
	}
}
