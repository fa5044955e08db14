/* SPDX-License-Identifier: Apache-2.0
 *
 * proc.*, thread.*, user.*, group.* (fields-semantics.md 4, 7) and what containers show (6.2).
 */
#include <criterion/criterion.h>

#include "field-checks.h"

static void setup(void)
{
	struct hc_thread_info *t;

	asker_begin();
	world_thread(&a.w, 1, 1, 0)->comm = HC_STR("init");
	t = world_thread(&a.w, 10, 10, 1);
	t->comm = HC_STR("bash");
	t->args = (struct hc_str){ "-l", 3 };
	t->env = (struct hc_str){ "NAME=  of parent \0EMPTY=", 24 };
	t = world_thread(&a.w, 11, 11, 10);
	t->comm = HC_STR("prog");
	t->args = (struct hc_str){ "a\0\0b c", 7 };
	t->env = (struct hc_str){ "A= x \0E=\0AB=2\0E=3", 18 };
	t->cgroups = (struct hc_str){ "cpu=/x\0mem_cgroup=/m\0io=/i", 27 };
	t->cap_effective = 1 | 1ull << 40;
	t->uid = 7;
	t->exe_ino = 5;
	t = world_thread(&a.w, 12, 11, 10);
	t->flags = HC_CL_CLONE_THREAD | HC_CL_CLONE_FILES;
	t->loginuid = 4294967294;
	world_thread(&a.w, 13, 13, 10)->vmsize_kb = (4 << 20) + 1;
	world_fd(&a.w, 11, 0, HC_FD_FIFO, "pipe:1");
	world_fd(&a.w, 11, 1, HC_FD_FILE, "/out");
	asker_load();
}

TestSuite(fields_proc, .init = setup, .fini = asker_end);

static void an_event_of(int64_t tid)
{
	happens(PPME_SYSCALL_UNLINK_2_X, tid, N(0), S("/x"));
}

Test(fields_proc, arguments_join_count_and_index)
{
	an_event_of(11);
	shows("proc.cmdline", "prog a  b c");
	shows("proc.args", "a  b c");
	shows("proc.exeline", "exe11 a  b c");
	shows("proc.args[0]", "a");
	shows_json("proc.args[1]", "\"\"");
	shows("proc.args[2]", "b c");
	shows_json("proc.args[3]", "\"\"");
	shows_json("proc.cmdnargs", "3");
	shows_json("proc.cmdlenargs", "4");
	an_event_of(1);
	shows("proc.cmdline", "init");
	shows("proc.exeline", "exe1 ");
}

Test(fields_proc, environment_by_name_takes_the_first_value_that_is_not_empty)
{
	an_event_of(11);
	shows("proc.env", "A= x  E= AB=2 E=3");
	shows("proc.env[A]", "x");
	shows("proc.env[E]", "3");
	shows_json("proc.env[B]", "\"\"");
	shows("proc.env[0]", "A= x  E= AB=2 E=3"); /* a number is ignored */
	shows("proc.aenv[NAME]", "of parent");
	shows_json("proc.aenv[E]", "\"\"");
	an_event_of(12);
	shows("proc.env[A]", "x"); /* the main thread's */
}

Test(fields_proc, ancestors_start_at_the_parent)
{
	an_event_of(12);
	shows("proc.aname", "bash init");
	shows("proc.aname[0]", "prog");
	shows("proc.aname[1]", "bash");
	shows("proc.aname[2]", "init");
	shows_json("proc.aname[3]", "null");
	shows_json("proc.apid", "11"); /* the own pid (Q) */
	shows_json("proc.apid[1]", "10");
	gives("proc.aname", "(bash,init)");
	gives("proc.apid", "(10,1)");
	shows("proc.acmdline", "bash -l init");
	shows("proc.pname", "bash");
	shows("proc.pcmdline", "bash -l");
	shows_json("proc.ppid", "10");
	shows_json("proc.pvpid", "10");
	shows_json("proc.ppid.ts", "0");
	shows_json("proc.ppid.duration", "2"); /* number of open fds: the parent's start is unknown (B) */
	shows_json("proc.loginshellid", "10");
	an_event_of(1);
	shows_json("proc.aname", "null");
	gives("proc.aname", "absent");
	shows_json("proc.ppid", "null");
}

Test(fields_proc, placeholders_are_present_but_empty)
{
	an_event_of(77);
	shows("proc.name", "<NA>");
	shows_json("proc.name", "\"<NA>\"");
	shows_json("proc.pid", "-1");
	shows("proc.cwd", "./");
	shows_json("proc.args", "\"\"");
	shows_json("proc.nthreads", "0");
	shows_json("proc.fdlimit", "0");
	shows_json("user.uid", "4294967295");
	shows("user.name", "<NA>");
	shows_json("proc.vpid", "null");
	shows_json("thread.cgroups", "null");
	shows("container.id", "host");
}

Test(fields_proc, counts_and_flags_are_the_main_threads)
{
	an_event_of(12);
	shows_json("proc.nthreads", "2");
	shows_json("proc.nchilds", "1");
	shows_json("thread.ismain", "false");
	shows_json("proc.fdopencount", "2");
	shows_json("proc.fdlimit", "1024");
	shows("proc.fdusage", "0.2");
	shows_json("proc.fdusage", "0.1953125");
	shows("proc.stdin.type", "pipe");
	shows("proc.stdout.name", "/out");
	shows_json("proc.stderr.name", "null");
	shows_json("thread.vmsize", "0");
	shows("thread.nametid", "comm1212");
	shows_json("proc.duration", "null");
	shows_json("proc.is_sid_leader", "false");
}

Test(fields_proc, cgroups_and_capabilities_have_the_references_names)
{
	an_event_of(11);
	shows("thread.cgroups", "cpu=/x memory=/m blkio=/i");
	shows("thread.cgroup.memory", "/m");
	shows_json("thread.cgroup.pids", "null");
	shows("thread.cap_effective", "CAP_CHOWN CAP_CHECKPOINT_RESTORE");
	shows_json("thread.cap_permitted", "\"\"");
	shows_json("proc.exe_ino", "5");
	shows_json("proc.exe_ino.mtime", "null");
}

Test(fields_proc, users_come_from_the_capture_and_root_is_known)
{
	an_event_of(11);
	shows_json("user.uid", "7");
	shows("user.name", "<NA>");
	shows("user.homedir", "<NA>");
	shows_json("user.loginuid", "-1");
	shows("group.name", "root");
	happens(PPME_SYSCALL_SETUID_X, 11, N(0), N(0));
	shows("user.name", "root");
	shows("user.homedir", "/root");
}

Test(fields_proc, container_metadata_shows_only_where_the_capture_has_it)
{
	static const char json[] =
		"{\"container\":{\"id\":\"0123456789ab\",\"full_id\":\"0123456789abcdef\",\"type\":0,\"name\":\"web\","
		"\"image\":\"nginx:1\","
		"\"imagerepo\":\"nginx\",\"imagetag\":\"1\",\"privileged\":true,\"User\":\"app\","
		"\"labels\":{\"b\":\"2\",\"a\":\"\",\"io.kubernetes.pod.name\":\"p\",\"annotation.x\":\"y\"},"
		"\"Mounts\":[{\"Source\":\"/host/data\",\"Destination\":\"/data\",\"Mode\":\"rw\",\"RW\":true,"
		"\"Propagation\":\"rprivate\"}]}}";

	an_event_of(11);
	shows("container.name", "host");
	shows("container.type", "host");
	shows_json("container.image", "\"\"");
	shows_json("container.privileged", "false");
	shows_json("k8s.pod.name", "null");
	shows_json("k8s.pod.ip", "\"\""); /* an empty sandbox id names the host (Q) */
	happens(PPME_CONTAINER_JSON_2_E, -1, S(json));
	shows("container.id", "0123456789ab");
	shows("container.full_id", "0123456789abcdef");
	shows("container.name", "web");
	shows("container.type", "docker");
	shows("container.image.repository", "nginx");
	shows_json("container.privileged", "true");
	shows("container.labels", "a, b:2");
	shows("container.label[b]", "2");
	shows_json("container.label[z]", "null");
	shows("k8s.pod.name", "p");
	shows("container.mounts", "/host/data:/data:rw:true:rprivate");
	shows("container.mount[0]", "/host/data:/data:rw:true:rprivate");
	shows("container.mount.dest[data]", "/data");
	shows("container.mount.source[^/data$]", "/host/data");
	shows_json("container.mount[/nowhere]", "null");
	shows_json("container.mount[1]", "null");
	shows_json("proc.name", "null"); /* no thread */
}

Test(fields_proc, cpu_use_is_the_difference_between_procinfo_events)
{
	happens(PPME_PROCINFO_E, 11, N(100), N(50));
	shows_json("thread.cpu", "0.0"); /* none before it */
	happens(PPME_PROCINFO_E, 11, N(103), N(51));
	shows_json("thread.cpu.user", "3.0");
	shows_json("thread.cpu", "4.0");
	shows_json("evt.count.procinfo", "1");
	happens(PPME_PROCINFO_E, 11, N(100), N(60));
	shows_json("thread.cpu.user", "100.0"); /* backwards is as much as can be */
	shows_json("thread.cpu.system", "9.0");
	shows_json("thread.cpu", "6.0");
	an_event_of(11);
	shows_json("thread.cpu", "null");
	happens(PPME_PROCINFO_E, 12, N(0), N(5));
	shows_json("thread.cpu", "0.0");
	happens(PPME_PROCINFO_E, 12, N(3), N(6));
	shows_json("thread.cpu", "4.0"); /* the sum has something to compare with */
}

Test(fields_proc, switches_to_unknown_threads_end_a_turn_as_well)
{
	happens(PPME_SCHEDSWITCH_6_E, 11, N(1), N(0), N(0), N(0), N(0), N(0));
	shows_json("thread.exectime", "0");
	happens(PPME_SCHEDSWITCH_6_E, 0, N(1), N(0), N(0), N(0), N(0), N(0));
	shows_json("thread.exectime", "1000");
	shows_json("thread.totexectime", "null");
	happens(PPME_SCHEDSWITCH_6_E, 11, N(1), N(0), N(0), N(0), N(0), N(0));
	shows_json("thread.exectime", "1000");
	shows_json("thread.totexectime", "1000");
}

Test(fields_proc, memory_in_bytes_has_32_bits)
{
	an_event_of(13);
	shows_json("thread.vmsize", "4194305");
	shows_json("thread.vmsize.b", "1024"); /* (Q) */
}

Test(fields_proc, login_uids_are_unsigned)
{
	an_event_of(12);
	shows_json("user.loginuid", "4294967294");
	shows("user.loginname", "<NA>");
}
