/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast-record: the command line, and the order in which a recording comes about. What can be wrong is found out
 * from the harmless to the intrusive: options, rules, output file, command, kernel.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bpf/loader.h"
#include "common/exit.h"
#include "common/file.h"
#include "common/options.h"
#include "config.h"
#include "record/base-syscalls.h"
#include "record/capture.h"
#include "record/control.h"
#include "record/kernel.h"
#include "record/newfile.h"
#include "record/output.h"
#include "record/privileges.h"
#include "record/scrape.h"
#include "record/select.h"
#include "record/target.h"

enum {
	SNAPLEN_DEFAULT = 80, /* scap-format.md 15.1 */
	STATSD_PORT_DEFAULT = 8125, /* 15.2 */
	SNAPLEN_MAX = 65000,
	RING_DEFAULT = 8 << 20,
	RING_MAX = 512 << 20,
	EXIT_OWN_FAILURE = 125, /* with a command, whose own codes are below; as env(1) has it */
	NICE = -10,
	FLIGHT_BYTES_DEFAULT = 256 << 20,
};

struct options {
	const char *write, *compress, *flight, *trigger_priority, *control, *metrics;
	const char *cgroup, *config, *state_set, *failed, *comm, *snapshot, *full_ports;
	struct hc_option_list rules, settings, keep, triggers;
	bool all, all_syscalls, no_enter_events, no_shed, dry_run, follow, quiet, dynamic_snaplen;
	uint64_t snaplen, statsd_port, ring_size, pid, uid;
	uint64_t file_bytes, file_seconds, file_events, keep_files, max_seconds, max_events, min_free;
};

#define TO(field) offsetof(struct options, field)
static const struct hc_option table[] = {
	{ .help = "What to record", .kind = HC_OPTION_GROUP },
	{ 'r', "rules", "PATH", "choose the system calls these rules need (file or directory; repeatable);\n"
				"without it: those of the shipped rules", HC_OPTION_LIST, TO(rules) },
	{ 'A', "all", NULL, "keep the high-volume I/O calls (read, write, ...) that rules ask for", HC_OPTION_FLAG, TO(all) },
	{ 0, "all-syscalls", NULL, "everything, whatever the rules need", HC_OPTION_FLAG, TO(all_syscalls) },
	{ 'c', "config", "FILE", "take base_syscalls from this falco.yaml", HC_OPTION_STRING, TO(config) },
	{ 'o', "option", "KEY=VALUE", "base_syscalls.custom_set=[...], base_syscalls.repair=true, base_syscalls.all=true",
	  HC_OPTION_LIST, TO(settings) },
	{ 0, "state-set", "NAME", "the calls needed to follow processes and files: current, or falco-0.35",
	  HC_OPTION_STRING, TO(state_set) },
	{ 's', "snaplen", "BYTES", "most data bytes to keep of one I/O call (80)", HC_OPTION_U64, TO(snaplen), 0, SNAPLEN_MAX },
	{ 0, "dynamic-snaplen", NULL, "keep more on sockets where it says more: 2000 bytes of HTTP, MySQL, PostgreSQL, MongoDB\n"
				      "and statsd, 512 of DNS", HC_OPTION_FLAG, TO(dynamic_snaplen) },
	{ 0, "full-ports", "MIN[-MAX]", "16000 bytes where one of the two ports is one of these (means --dynamic-snaplen)",
	  HC_OPTION_STRING, TO(full_ports) },
	{ 0, "statsd-port", "PORT", "the port of statsd (8125), for --dynamic-snaplen", HC_OPTION_U64, TO(statsd_port), 1, UINT16_MAX },
	{ 0, "no-enter-events", NULL, "of open, creat, openat, openat2, connect only the event at their end, without what they\n"
				      "were asked for before another thread could change it", HC_OPTION_FLAG, TO(no_enter_events) },
	{ 0, "no-shed", NULL, "never give up a system call under pressure; lose events instead", HC_OPTION_FLAG, TO(no_shed) },
	{ 0, "keep", "NAME", "give up others, but not this one (repeatable)", HC_OPTION_LIST, TO(keep) },
	{ 0, "dry-run", NULL, "print what would be selected, and end; needs no privileges", HC_OPTION_FLAG, TO(dry_run) },

	{ .help = "Whom to record", .kind = HC_OPTION_GROUP },
	{ 'f', "follow", NULL, "only COMMAND and its descendants", HC_OPTION_FLAG, TO(follow) },
	{ 'p', "pid", "PID", "only this process and its descendants", HC_OPTION_U64, TO(pid), 1, 1 << 22 },
	{ 0, "cgroup", "PATH", "only this control group (version 2) and those below it", HC_OPTION_STRING, TO(cgroup) },
	{ 0, "uid", "UID", "only threads with this effective user id", HC_OPTION_U64, TO(uid), 0, UINT32_MAX - 1 },
	{ 0, "comm", "NAME", "only threads with this name", HC_OPTION_STRING, TO(comm) },
	{ 0, "failed", "drop|only", "leave out calls that failed, or those that did not", HC_OPTION_STRING, TO(failed) },

	{ .help = "Where to, and how much", .kind = HC_OPTION_GROUP },
	{ 'w', "write", "FILE", "the capture; '-' is standard output (trace.scap.zst)", HC_OPTION_STRING, TO(write) },
	{ 0, "compress", "KIND", "zstd (the default), gzip or none; libscap reads the latter two directly", HC_OPTION_STRING,
	  TO(compress) },
	{ 'C', "file-size", "BYTES", "begin another file when this one has that size (K, M, G); with --flight: end it",
	  HC_OPTION_U64, TO(file_bytes), 1 },
	{ 'G', "file-seconds", "N", "... after N seconds; FILE may then hold strftime conversions", HC_OPTION_U64,
	  TO(file_seconds), 1, 1u << 31 },
	{ 'e', "file-events", "N", "... after N events", HC_OPTION_U64, TO(file_events), 1 },
	{ 'W', "keep-files", "N", "keep only the last N files, those of earlier recordings included", HC_OPTION_U64,
	  TO(keep_files), 1, 1 << 20 },
	{ 0, "flight", "TIME[,BYTES]", "flight recorder: keep that much (60s, 5m; 256M) in memory only, and write a file\n"
				       "with it and as much again when SIGUSR2 comes or --control says so", HC_OPTION_STRING, TO(flight) },
	{ 'M', "seconds", "N", "stop after N seconds", HC_OPTION_U64, TO(max_seconds), 1, 1u << 31 },
	{ 'n', "events", "N", "stop after N events", HC_OPTION_U64, TO(max_events), 1 },
	{ 0, "min-free", "BYTES", "stop when the file system has less left (1 % of it, at most 256M)", HC_OPTION_U64, TO(min_free) },
	{ 0, "ring-size", "BYTES", "buffer per CPU between kernel and recorder (8M)", HC_OPTION_U64, TO(ring_size), 4096, RING_MAX },
	{ 0, "snapshot", "auto|bpf|proc", "list processes and files by BPF iterators or from /proc (auto: as the kernel can)",
	  HC_OPTION_STRING, TO(snapshot) },
	{ 0, "trigger", "PATH", "let these rules (file or directory; repeatable) watch the recording, in a process without\n"
				"privileges; an alert saves what --flight has, and as much again", HC_OPTION_LIST, TO(triggers) },
	{ 0, "trigger-priority", "LEVEL", "only rules of this priority or a more urgent one", HC_OPTION_STRING, TO(trigger_priority) },
	{ 0, "control", "PATH", "make a Unix socket there for 'hindcast control': save, status, reload, stop;\n"
				"root and this user are let in", HC_OPTION_STRING, TO(control) },
	{ 0, "metrics", "FILE", "keep the counters there, as Prometheus text, renewed every 5 s;\n"
				"unix:PATH makes a Unix socket that gives them to whoever connects", HC_OPTION_STRING, TO(metrics) },
	{ 'q', "quiet", NULL, "no summary and no notes; errors only", HC_OPTION_FLAG, TO(quiet) },
	HC_OPTION_END,
};

static const char detail[] =
	"Records until COMMAND ends, or without one until SIGINT or SIGTERM. COMMAND starts when the hooks are\n"
	"live; its exit code is passed on (128 + N if signal N killed it; 125 to 127 if recording it failed, it\n"
	"cannot be run, or it is not found). Files are created readable by their owner only. With -C, -G or -e\n"
	"names get a number before \".scap\" (trace-000001.scap.zst) unless times in the name tell them apart;\n"
	"every file replays alone, so it can be larger than its limit by what happens while /proc is read for it.\n"
	"\n"
	"When the host makes events faster than they can be kept, system calls that neither the rules nor the\n"
	"picture of processes and files need are given up first, dearest first, then those only rules need; they\n"
	"are counted and taken back when things are calm. The capture says so, as it says all that was lost.\n"
	"\n"
	"SIGHUP, or a change of the rule files, loads the rules anew and changes the selection in place. SIGUSR1\n"
	"prints the state so far.\n"
	"SIGUSR2 saves what --flight has in memory, to numbered files named after -w; so does 'hindcast control'\n"
	"where --control has made its socket, with the reason given, and an alert of the --trigger rules, which are\n"
	"read once, at the start. The file's ledger (hindcast info) names who asked, or the rule. While a file is\n"
	"being saved, further triggers make it longer.";

static int run(int argc, char **argv);
static const struct hc_command command = {
	"record", "[OPTION]... [-- COMMAND [ARGUMENT]...]", "Records what this host does into a capture file.", detail, table, run,
};

struct session {
	struct options options;
	char **argv; /* of the command; NULL: none */
	struct hc_output_options output;
	struct hc_select_options select;
	struct hc_bpf_config config;
	struct hc_scset keep;
	enum hc_iterators_use iterators;
	uint64_t flight_ns, flight_bytes; /* 0: no flight recorder */
	struct hc_select_trigger *trigger_rules; /* owned; NULL: no --trigger */
};

static int fail(const struct session *s, const struct hc_diag *diag, int code)
{
	char text[1200];

	fprintf(stderr, "hindcast record: %s\n", hc_diag_format(diag, text, sizeof text));
	return s->argv ? EXIT_OWN_FAILURE : code;
}

static int usage(const char *text)
{
	fprintf(stderr, "hindcast record: %s\nTry 'hindcast record --help'.\n", text);
	return HC_EXIT_USAGE;
}

/* "60s,256M": a time in s (the default), m or h, and a size. */
static bool parse_flight(const char *text, uint64_t *ret_ns, uint64_t *ret_bytes)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} times[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	char *end;
	uint64_t n = strtoull(text, &end, 10), seconds = n;

	for (size_t i = 0; i < 3; i++)
		if (*end == times[i].unit && ++end)
			seconds = n * times[i].seconds;
	if (end == text || *text < '0' || *text > '9' || n > 1000000 || seconds < 4 || seconds > 86400)
		return false;
	*ret_ns = seconds * 1000000000u;
	*ret_bytes = FLIGHT_BYTES_DEFAULT;
	if (*end == ',') {
		unsigned shift = 0;

		text = end + 1;
		n = strtoull(text, &end, 10);
		if (*text < '0' || *text > '9' || n > 1u << 30)
			return false;
		switch (*end) {
		case 'K': shift = 10; end++; break;
		case 'M': shift = 20; end++; break;
		case 'G': shift = 30; end++; break;
		}
		*ret_bytes = n << shift;
	}
	return !*end && *ret_bytes >= 1 << 20;
}

/* "8000-8100", or one port. */
static bool parse_ports(const char *text, uint16_t *ret_min, uint16_t *ret_max)
{
	char *end;
	unsigned long min = strtoul(text, &end, 10), max = min;

	if (*text < '0' || *text > '9')
		return false;
	if (*end == '-') {
		text = end + 1;
		max = strtoul(text, &end, 10);
	}
	if (*end || *text < '0' || *text > '9' || !min || min > max || max > UINT16_MAX)
		return false;
	*ret_min = (uint16_t)min;
	*ret_max = (uint16_t)max;
	return true;
}

static const char *metrics_socket(const struct options *o)
{
	static const char prefix[] = "unix:";

	return o->metrics && !strncmp(o->metrics, prefix, sizeof prefix - 1) ? o->metrics + sizeof prefix - 1 : NULL;
}

/* Where the metrics go, as a file or as a socket. */
static const char *metrics_path(const struct options *o)
{
	const char *socket = metrics_socket(o);

	return socket ? socket : o->metrics;
}

static const char *host_root(void)
{
	const char *root = getenv("HOST_ROOT");

	return root ? root : "";
}

/* Options into what the parts take; returns an exit code, 0 to go on. */
static int interpret(struct session *s)
{
	struct options *o = &s->options;
	pid_t process;

	s->output = (struct hc_output_options){ .path = o->write ? o->write : "trace.scap.zst", .max_bytes = o->file_bytes,
						 .max_seconds = o->file_seconds, .max_events = o->file_events,
						 .keep_files = o->keep_files, .min_free = o->min_free };
	if (!o->compress || !strcmp(o->compress, "zstd"))
		s->output.compress = HC_COMPRESS_ZSTD;
	else if (!strcmp(o->compress, "gzip"))
		s->output.compress = HC_COMPRESS_GZIP;
	else if (!strcmp(o->compress, "none"))
		s->output.compress = HC_COMPRESS_NONE;
	else
		return usage("--compress is zstd, gzip or none");
	if (!strcmp(s->output.path, "-") && (o->file_bytes || o->file_seconds || o->file_events))
		return usage("standard output is one file: -C, -G and -e need -w FILE");
	if (o->flight && (o->file_seconds || o->file_events))
		return usage("--flight begins a file when it is asked to: it does not go with -G or -e (-C limits a file's size)");
	if (o->flight && !strcmp(s->output.path, "-"))
		return usage("--flight writes a file each time it is asked to: it needs -w FILE, not standard output");
	if (o->flight && !parse_flight(o->flight, &s->flight_ns, &s->flight_bytes))
		return usage("--flight takes a time from 4s to 24h and a size of at least 1M: --flight 60s,256M");
	if (o->triggers.n && !o->flight)
		return usage("--trigger saves what --flight keeps in memory: add --flight 60s, or another time");
	if (o->trigger_priority && !o->triggers.n)
		return usage("--trigger-priority is about the rules of --trigger, and there are none");
	if (o->trigger_priority && hc_priority_parse(o->trigger_priority) < 0)
		return usage("--trigger-priority is one of emergency, alert, critical, error, warning, notice, informational, debug");
	if (o->keep_files && !o->file_bytes && !o->file_seconds && !o->file_events && !o->flight)
		return usage("-W keeps the last files of several: it needs -C, -G, -e or --flight");
	if (o->follow && !s->argv)
		return usage("--follow needs a COMMAND to follow (or use --pid)");
	if (o->control && o->metrics && !strcmp(o->control, metrics_path(o)))
		return usage("--control and --metrics need a path each");
	if (o->metrics && !metrics_socket(o) && !strcmp(o->metrics, s->output.path))
		return usage("--metrics would replace the capture: choose another path for one of them");
	if ((o->follow || o->pid) && hc_target_is_contained())
		return usage("--follow and --pid go by the numbers that processes have on the host, and this is a pid name "
			     "space of its own: record on the host, or begin the container with --pid=host");
	if (o->pid && kill((pid_t)o->pid, 0) && errno == ESRCH)
		return usage("--pid: there is no such process");
	process = o->pid ? hc_target_process_of((pid_t)o->pid) : 0;
	if (process && process != (pid_t)o->pid) {
		fprintf(stderr, "hindcast record: --pid: %d is a thread, of process %d\n", (int)o->pid, (int)process);
		return HC_EXIT_USAGE;
	}
	if (o->all_syscalls && o->rules.n)
		return usage("--all-syscalls records everything; rules (-r) cannot choose");
	if (o->snapshot && hc_iterators_parse(o->snapshot) < 0)
		return usage("--snapshot is auto, bpf or proc");
	if (o->snapshot)
		s->iterators = (enum hc_iterators_use)hc_iterators_parse(o->snapshot);
	for (size_t i = 0; i < o->keep.n; i++) {
		struct hc_scset one = { 0 };

		hc_scset_add_name(&one, hc_str(o->keep.items[i]));
		if (!hc_scset_count(&one))
			return usage("--keep takes the name of a system call");
		hc_scset_unite(&s->keep, &one);
	}
	if (o->failed && strcmp(o->failed, "drop") && strcmp(o->failed, "only"))
		return usage("--failed is drop or only");
	if (o->comm && strlen(o->comm) >= HC_BPF_COMM_MAX)
		return usage("--comm takes a thread name, and those have at most 15 bytes");
	if (o->state_set && hc_state_set_parse(o->state_set) < 0)
		return usage("--state-set is current or falco-0.35");
	for (size_t i = 0; i < o->settings.n; i++) {
		struct hc_base_syscalls scratch = { 0 };
		struct hc_diag diag;
		int err = hc_base_syscalls_set(&scratch, o->settings.items[i], &diag);

		hc_base_syscalls_done(&scratch);
		if (err)
			return usage(diag.text);
	}
	s->select = (struct hc_select_options){ .rules = o->rules.items, .nrules = o->rules.n, .config = o->config,
						 .settings = o->settings.items, .nsettings = o->settings.n, .all = o->all,
						 .everything = o->all_syscalls, .state_set = o->state_set };
	s->config = (struct hc_bpf_config){ .boot_to_epoch_ns = hc_bpf_boot_to_epoch_ns(), .wake_bytes = o->ring_size / 8,
					     .self_tgid = (uint32_t)hc_target_self(host_root()), .snaplen = (uint32_t)o->snaplen,
					     .follow = o->follow || o->pid, .uid = (uint32_t)o->uid,
					     .filter_uid = o->uid != UINT64_MAX, .filter_comm = o->comm != NULL,
					     .dynamic_snaplen = o->dynamic_snaplen || o->full_ports,
					     .statsd_port = (uint16_t)o->statsd_port };
	if (o->full_ports && !parse_ports(o->full_ports, &s->config.fullcapture_port_min, &s->config.fullcapture_port_max))
		return usage("--full-ports takes a port or two from 1 to 65535: --full-ports 8000-8100");
	if (o->cgroup) {
		struct hc_diag diag;
		uint64_t id;

		if (hc_target_cgroup(o->cgroup, &id, &s->config.cgroup_level, &diag))
			return fail(s, &diag, HC_EXIT_FAIL);
		s->config.cgroup_id = id;
		s->config.filter_cgroup = 1;
	}
	if (o->failed)
		s->config.failed = *o->failed == 'd' ? HC_FAILED_DROP : HC_FAILED_ONLY;
	if (o->comm)
		snprintf(s->config.comm, sizeof s->config.comm, "%s", o->comm);
	return 0;
}

static void print_size(FILE *out, uint64_t bytes)
{
	if (bytes < 10000)
		fprintf(out, "%llu bytes", (unsigned long long)bytes);
	else if (bytes < 10000 << 10)
		fprintf(out, "%.1f KiB", (double)bytes / 1024);
	else
		fprintf(out, "%.1f MiB", (double)bytes / 1048576);
}

/* The losses by CPU and cause, for the summary. */
static void print_losses(const struct hc_kernel *kernel)
{
	uint32_t n;
	const volatile struct hc_bpf_cpu *cpus = hc_kernel_cpus(kernel, &n);

	for (uint32_t i = 0; i < n; i++)
		for (unsigned why = 0; why < HC_DROP_COUNT; why++)
			if (cpus[i].dropped[why])
				fprintf(stderr, "hindcast record:   CPU %u lost %llu events: %s\n", i,
					(unsigned long long)cpus[i].dropped[why], hc_kernel_drop_name(why));
}

static void summarise(const struct hc_capture_result *r, const struct hc_output *output, bool is_flight,
		      const struct hc_kernel *kernel)
{
	struct hc_output_stats out;
	double seconds = (double)r->duration_ns / 1e9;

	hc_output_stats(output, &out);
	fprintf(stderr, "hindcast record: %llu events recorded, %llu dropped, ", (unsigned long long)r->events,
		(unsigned long long)r->lost);
	if (r->shed)
		fprintf(stderr, "%llu shed, ", (unsigned long long)r->shed);
	if (r->unwritten)
		fprintf(stderr, "%llu not written, ", (unsigned long long)r->unwritten);
	fprintf(stderr, "in %.2f s (%.0f/s); ", seconds, seconds > 0 ? (double)r->events / seconds : 0);
	print_size(stderr, out.bytes_plain);
	fprintf(stderr, ", as ");
	print_size(stderr, out.bytes_out);
	if (is_flight)
		fprintf(stderr, " in memory, of which %llu files were saved\n", (unsigned long long)out.saves);
	else if (out.files > 1)
		fprintf(stderr, " in %llu files, last %s\n", (unsigned long long)out.files, out.path);
	else
		fprintf(stderr, " in %s\n", out.path);
	if (r->lost || r->shed)
		print_losses(kernel);
	if (hc_kernel_unfollowed(kernel))
		fprintf(stderr, "hindcast record:   %llu processes began when there were too many to follow: nothing of them is recorded\n",
			(unsigned long long)hc_kernel_unfollowed(kernel));
}

static int block_signals(struct hc_diag *reterr_diag)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error with a message, and so is a file too large (ulimit -f) */
	signal(SIGXFSZ, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? hc_diag_set(reterr_diag, -errno, "cannot receive signals: %s", strerror(errno)) : fd;
}

/* What the recorder needs of the machine more than others. Where it is not allowed, so be it. */
static void claim(void)
{
	struct rlimit files;

	/* on a busy machine the rings have to be emptied in time */
	setpriority(PRIO_PROCESS, 0, NICE);
	/* each program and each CPU's ring is a descriptor */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static int open_sockets(const struct session *s, struct hc_server **ret_control, struct hc_server **ret_metrics,
			struct hc_diag *reterr_diag)
{
	const struct hc_server_options control = { .path = s->options.control, .what = "control socket",
						    .deadline_ms = HC_CONTROL_DEADLINE_MS };
	const struct hc_server_options metrics = { .path = metrics_socket(&s->options), .what = "metrics socket", .everybody = true,
						    .deadline_ms = HC_SCRAPE_DEADLINE_MS, .quiet_ms = HC_SCRAPE_QUIET_MS };
	int err = control.path ? hc_server_new(ret_control, &control, reterr_diag) : 0;

	return !err && metrics.path ? hc_server_new(ret_metrics, &metrics, reterr_diag) : err;
}

/* In a directory of somebody else's: another file, should this one be deleted; the metrics, every few seconds. */
static bool makes_files_elsewhere(const struct session *s)
{
	const struct options *o = &s->options;

	return (strcmp(s->output.path, "-") && hc_newfile_dir_is_foreign(s->output.path)) ||
	       (o->metrics && !metrics_socket(o) && hc_newfile_dir_is_foreign(o->metrics));
}

static int record(struct session *s, struct hc_select *select)
{
	struct hc_select *taken HC_CLEANUP(hc_select_free) = select;
	struct hc_flight *flight HC_CLEANUP(hc_flight_free) = NULL;
	struct hc_output *output HC_CLEANUP(hc_output_free) = NULL;
	struct hc_server *control HC_CLEANUP(hc_server_free) = NULL, *metrics HC_CLEANUP(hc_server_free) = NULL;
	struct hc_trigger *trigger HC_CLEANUP(hc_trigger_free) = NULL;
	struct hc_kernel *kernel HC_CLEANUP(hc_kernel_close) = NULL;
	struct hc_iterators *iterators HC_CLEANUP(hc_iterators_free) = NULL;
	struct hc_child child __attribute__((cleanup(hc_child_done))) = HC_CHILD_NONE;
	struct hc_capture_result result;
	struct hc_diag diag = { 0 };
	int signals HC_CLOSE = -1, err;

	if (s->flight_ns)
		s->output.flight = flight = hc_flight_new(s->flight_ns, s->flight_bytes);
	if (flight)
		hc_flight_limit_saves(flight, s->options.file_bytes);
	if (hc_output_new(&output, &s->output, &diag))
		return fail(s, &diag, HC_EXIT_FAIL);
	if (open_sockets(s, &control, &metrics, &diag))
		return fail(s, &diag, HC_EXIT_FAIL);
	if (s->options.triggers.n && hc_trigger_start(&trigger, &(struct hc_trigger_options){
			.rules = s->options.triggers.items, .nrules = s->options.triggers.n,
			.priority = s->options.trigger_priority }, &diag))
		return fail(s, &diag, HC_EXIT_FAIL);
	if (trigger)
		s->config.helper_tgid = hc_target_is_contained() ? 0 : (uint32_t)hc_trigger_pid(trigger);
	if (s->argv && hc_child_start(&child, s->argv, &diag))
		return fail(s, &diag, HC_EXIT_FAIL);
	if (!s->config.self_tgid)
		fprintf(stderr, "hindcast record: this is a pid name space of its own, and /proc does not show the host's: the recorder "
				"cannot leave itself out, nor name the host's processes; begin the container with --pid=host\n");
	claim(); /* not the command's, not the live replay's */
	signals = block_signals(&diag);
	if (signals < 0 || hc_kernel_open(&kernel, &s->config, !s->options.no_enter_events, s->options.ring_size, &diag) ||
	    hc_iterators_new(&iterators, s->iterators, &diag) ||
	    (s->options.pid && hc_kernel_follow(kernel, (pid_t)s->options.pid, &diag)))
		return fail(s, &diag, HC_EXIT_FAIL);
	if (hc_iterators_missing(iterators) && !hc_privileges_see_all())
		fprintf(stderr, "hindcast record: without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH the open files of other users' processes "
				"are missing from the list at the capture's beginning\n");
	err = hc_capture_run(&(struct hc_capture_parts){ .kernel = kernel, .iterators = iterators, .output = output,
							  .select = TAKE(taken), .flight = flight, .child = &child,
							  .child_name = s->argv ? s->argv[0] : NULL, .signals = signals,
							  .trigger = trigger, .control = control, .metrics = metrics,
							  .keep_privileges_for_files = hc_output_has_limits(output),
							  .keep_privilege_to_name = makes_files_elsewhere(s) },
			     &(struct hc_capture_options){ .host_root = host_root(),
							   .max_events = s->options.max_events,
							   .max_seconds = s->options.max_seconds,
							   .pid = (pid_t)s->options.pid, .select = &s->select,
							   .config = &s->config, .quiet = s->options.quiet,
							   .triggers = s->options.triggers.items, .ntriggers = s->options.triggers.n,
							   .metrics = metrics ? NULL : s->options.metrics,
							   .keep = s->options.no_shed ? NULL : &s->keep },
			     &result, &diag);
	if (!s->options.quiet || err)
		summarise(&result, output, flight != NULL, kernel);
	if (err)
		return s->argv ? EXIT_OWN_FAILURE : HC_EXIT_FAIL;
	if (!s->argv)
		return HC_EXIT_OK;
	return result.child_exit < 0 ? EXIT_OWN_FAILURE : result.child_exit; /* < 0: stopped before it began */
}

/* COMMAND is what follows `--`, options and all: it is cut off before anything is parsed. */
static char **split_command(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++)
		if (!strcmp(argv[i], "--")) {
			*argc = i;
			argv[i] = NULL;
			return argv[i + 1] ? argv + i + 1 : NULL;
		}
	return NULL;
}

static int run(int argc, char **argv)
{
	struct session s = { .options = { .snaplen = SNAPLEN_DEFAULT, .statsd_port = STATSD_PORT_DEFAULT, .ring_size = RING_DEFAULT,
					   .uid = UINT64_MAX, .min_free = UINT64_MAX } };
	struct hc_select *select;
	struct hc_diag diag = { 0 };
	int status, r;

	s.argv = split_command(&argc, argv);
	if (hc_options_parse(&command, argc, argv, &s.options, NULL, &status))
		return status;
	status = interpret(&s);
	if (!status && s.options.triggers.n) {
		r = hc_select_trigger_load(&s.trigger_rules, s.options.triggers.items, s.options.triggers.n,
					   s.options.trigger_priority, &diag);
		if (r < 0)
			fail(&s, &diag, 0);
		if (r)
			status = s.argv ? EXIT_OWN_FAILURE : r < 0 && r != -ENODATA ? HC_EXIT_FAIL : HC_EXIT_RULES;
		s.select.trigger = s.trigger_rules;
	}
	if (!status) {
		r = hc_select_make(&select, &s.select, &diag);
		if (r == HC_SELECT_INVALID) {
			status = s.argv ? EXIT_OWN_FAILURE : HC_EXIT_RULES;
		} else if (r) {
			status = fail(&s, &diag, HC_EXIT_FAIL);
		} else if (s.options.dry_run) {
			hc_select_print(select);
			hc_select_free(select);
		} else {
			if (!s.options.quiet)
				hc_select_warn(select);
			status = record(&s, select);
		}
	}
	hc_options_done(&command, &s.options);
	hc_select_trigger_free(s.trigger_rules);
	return status;
}

int main(int argc, char **argv)
{
	hc_file_hold_standard();
	return run(argc, argv);
}
