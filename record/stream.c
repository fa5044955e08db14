/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/stream.h. One thread runs all of this; the snapshot's thread touches nothing but its own section until it
 * has ended. writing: a file is open. snapshot.running: events are kept in the backlog, for the file to come.
 */
#include "record/stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/event.h"
#include "common/ledger.h"
#include "common/map.h"
#include "common/mem.h"
#include "config.h"
#include "record/name.h"

#define RETRY_NS 1000000000ull

enum {
	BACKLOG_MAX = 256 << 20,      /* held back at most; beyond it events wait in the rings, which may overflow */
	COST_INTERVAL_S = 60,
	WIRE_TID_OFF = 8, /* scap-format.md 9.1, from ts on */
	WIRE_TYPE_OFF = 20,
	WIRE_GENERIC_SC_OFF = 26 + 2 * 2, /* behind the header and the two lengths */
};

struct snapshot {
	pthread_t thread;
	bool running;
	struct hc_section section;
	struct hc_diag diag;
	int err;
	const struct hc_iterators *iterators;
	struct hc_snapshot_source source;
	const char *host_root;
	int done_fd; /* eventfd */
	uint64_t from_ns;
};

struct hc_stream {
	struct hc_stream_options o;
	struct snapshot snapshot;
	bool writing;
	struct hc_buf backlog; /* records: cpu u16, len u32, wire event */
	struct hc_ledger ledger;
	struct hc_diag diag, trouble; /* an error; what is to be told and is none (empty: nothing) */
	uint64_t retry_ns;     /* no further file is begun before: it could not be; 0: it could */
	struct hc_stream_counts counts;           /* in all */
	uint64_t bytes;
	uint64_t file_events, file_lost, last_ts; /* of the open file */
	uint64_t last_cost_ns;
	uint64_t type_bytes[HC_EVENT_COUNT], generic_bytes[HC_SC_COUNT]; /* of the last seconds, fading */
	const struct hc_select *select;
	const struct hc_scset *set;
	const char *reason, *why; /* of the current selection */
	struct hc_scset told;     /* the set as the open file knows it */
	struct hc_feed *feed;     /* to the live replay; NULL: none */
	bool feed_fresh;          /* it begins anew with the file's lists */
	char *live;               /* the lasting hindcast.live entry; NULL: none; owned */
	char *trigger;            /* entry to come, of a save before the first file; owned */
};

struct hc_stream *hc_stream_new(const struct hc_stream_options *options, uint64_t now_ns)
{
	struct hc_stream *s = hc_calloc(1, sizeof *s);

	s->o = *options;
	s->snapshot.iterators = options->iterators;
	s->snapshot.host_root = options->host_root;
	s->snapshot.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->last_ts = s->last_cost_ns = now_ns;
	hc_ledger_init(&s->ledger, options->kernel, now_ns);
	return s;
}

int hc_stream_acknowledge(struct hc_stream *s)
{
	uint64_t n;

	return read(s->snapshot.done_fd, &n, sizeof n) < 0 && errno != EAGAIN ? -errno : 0;
}

const char *hc_stream_notice(struct hc_stream *s)
{
	if (!*s->trouble.text)
		return NULL;
	s->diag = s->trouble;
	*s->trouble.text = '\0';
	return s->diag.text;
}

static void join_snapshot(struct hc_stream *s)
{
	if (!s->snapshot.running)
		return;
	pthread_join(s->snapshot.thread, NULL);
	s->snapshot.running = false;
}

struct hc_stream *hc_stream_free(struct hc_stream *s)
{
	if (!s)
		return NULL;
	if (s->snapshot.running) {
		join_snapshot(s);
		hc_section_done(&s->snapshot.section);
	}
	close(s->snapshot.done_fd);
	hc_buf_done(&s->backlog);
	hc_ledger_done(&s->ledger);
	free(s->trigger);
	free(s->live);
	free(s);
	return NULL;
}

static void *snapshot_main(void *arg)
{
	struct snapshot *snapshot = arg;

	snapshot->err = hc_iterators_snapshot(snapshot->iterators, &snapshot->section, snapshot->host_root, &snapshot->source,
					      &snapshot->diag);
	if (write(snapshot->done_fd, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0)
		abort(); /* an eventfd takes a 1 unless its counter is full */
	return NULL;
}

int hc_stream_snapshot(struct hc_stream *s, uint64_t now_ns, struct hc_diag *reterr_diag)
{
	int err;

	s->snapshot.from_ns = now_ns;
	hc_section_init(&s->snapshot.section);
	err = pthread_create(&s->snapshot.thread, NULL, snapshot_main, &s->snapshot);
	if (err) {
		hc_section_done(&s->snapshot.section);
		return hc_diag_set(reterr_diag, -err, "cannot start a thread: %s", strerror(err));
	}
	s->snapshot.running = true;
	return 0;
}

int hc_stream_fd(const struct hc_stream *s)
{
	return s->snapshot.done_fd;
}

const struct hc_diag *hc_stream_diag(const struct hc_stream *s)
{
	return &s->diag;
}

void hc_stream_counts(const struct hc_stream *s, struct hc_stream_counts *ret)
{
	*ret = s->counts;
}

/* A ledger event, at the time of the last event so that times do not run back; text is freed. */
static int tell(struct hc_stream *s, const char *name, char *text, struct hc_diag *reterr_diag)
{
	int err;

	if (!text)
		return 0;
	err = hc_output_async(s->o.output, s->last_ts, name, text, reterr_diag);
	free(text);
	return err;
}

static json_t *describe_filter(const struct hc_bpf_config *config)
{
	static const char *const failed[] = { [HC_FAILED_KEEP] = "keep", [HC_FAILED_DROP] = "drop", [HC_FAILED_ONLY] = "only" };
	json_t *filter = json_pack("{s:b, s:s}", "follow", config->follow, "failed", failed[config->failed]);

	if (config->filter_uid)
		json_object_set_new(filter, "uid", json_integer(config->uid));
	if (config->filter_comm)
		json_object_set_new(filter, "comm", hc_name_json(config->comm, strnlen(config->comm, sizeof config->comm)));
	if (config->filter_cgroup)
		json_object_set_new(filter, "cgroup_id", json_integer((json_int_t)config->cgroup_id));
	return filter;
}

/* What dynamic snaplen adds (scap-format.md 15.2). */
static json_t *describe_dynamic(const struct hc_bpf_config *config)
{
	json_t *dynamic = json_pack("{s:i}", "statsd_port", (int)config->statsd_port);

	if (config->fullcapture_port_max)
		json_object_set_new(dynamic, "full_ports", json_pack("[i, i]", (int)config->fullcapture_port_min,
								     (int)config->fullcapture_port_max));
	return dynamic;
}

static char *start_text(const struct hc_stream *s, uint64_t now_ns)
{
	const struct hc_bpf_config *config = s->o.config;
	struct hc_output_stats out;
	struct utsname u;
	uint32_t n, size;
	json_t *entry;

	hc_kernel_rings(s->o.kernel, &n, &size);
	hc_output_stats(s->o.output, &out);
	uname(&u);
	entry = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:{s:I, s:I}, s:s, s:o}", "version", HC_VERSION, "kernel", u.release, "arch",
			  u.machine, "file", (json_int_t)out.files, "started_ns", (json_int_t)now_ns, "snaplen",
			  (json_int_t)config->snaplen, "rings", "cpus", (json_int_t)n, "bytes", (json_int_t)size, "enter_events",
			  hc_kernel_enter_text(s->o.kernel), "filter", describe_filter(config));
	if (config->dynamic_snaplen)
		json_object_set_new(entry, "dynamic_snaplen", describe_dynamic(config));
	return hc_ledger_text(entry);
}

static char *selection_text(const struct hc_stream *s, bool first_in_file)
{
	json_t *entry = json_pack("{s:s, s:s*, s:o}", "reason", s->reason, "why", s->why, "syscalls", hc_ledger_names(s->set));
	struct hc_scset added = *s->set, removed = s->told;

	if (first_in_file) {
		json_t *files = json_array();
		struct hc_scset blind = s->select->selection.rules;

		for (size_t i = 0; i < s->select->nfiles; i++)
			json_array_append_new(files, hc_name_json(s->select->files[i], strlen(s->select->files[i])));
		json_object_set_new(entry, "rules", files);
		hc_scset_subtract(&blind, s->set);
		json_object_set_new(entry, "unsupported", hc_ledger_names(&blind));
	} else {
		hc_scset_subtract(&added, &s->told);
		hc_scset_subtract(&removed, s->set);
		json_object_set_new(entry, "added", hc_ledger_names(&added));
		json_object_set_new(entry, "removed", hc_ledger_names(&removed));
	}
	return hc_ledger_text(entry);
}

static int write_event(struct hc_stream *s, uint16_t cpu, uint32_t flags, const void *wire, uint32_t len,
		       struct hc_diag *reterr_diag)
{
	int r = hc_writer_wire_event(hc_output_writer(s->o.output), cpu, flags, wire, len, reterr_diag);

	if (r == HC_WRITE_REFUSED) {
		s->counts.refused++;
		return 0;
	}
	if (r)
		return r;
	memcpy(&s->last_ts, wire, sizeof s->last_ts);
	if (flags & HC_EVENT_STATE_ONLY)
		return 0; /* counted in the file it belongs to */
	s->counts.events++;
	s->file_events++;
	s->bytes += len;
	return 0;
}

static int end_file(struct hc_stream *s, uint64_t now_ns, const char *reason, struct hc_diag *reterr_diag)
{
	uint64_t shed, lost = hc_kernel_lost(s->o.kernel, &shed) + shed;
	int err = tell(s, HC_LEDGER_LOSS, hc_ledger_loss(&s->ledger, now_ns), reterr_diag);

	if (!err)
		err = tell(s, HC_LEDGER_END,
			   hc_ledger_text(json_pack("{s:s, s:I, s:I}", "reason", reason, "events", (json_int_t)s->file_events, "lost",
						    (json_int_t)(lost - s->file_lost))),
			   reterr_diag);
	s->file_lost = lost;
	s->file_events = 0;
	s->writing = false;
	if (err)
		return err;
	return hc_output_end(s->o.output, now_ns, reterr_diag);
}

/* The lists of the next file cannot be had at the moment (a fork bomb has left no thread for us). That is no reason to stop
 * recording, of all times now: the open file gets larger than it should. */
static void put_off(struct hc_stream *s, uint64_t now_ns, const struct hc_diag *why)
{
	if (!s->retry_ns)
		hc_diag_set(&s->trouble, 0, "the next file cannot be begun yet: %s", why->text);
	s->retry_ns = now_ns + RETRY_NS;
}

static void rotate_if_full(struct hc_stream *s, uint64_t now_ns)
{
	struct hc_diag why;

	if (s->snapshot.running || now_ns < s->retry_ns || !hc_output_is_full(s->o.output, s->file_events, now_ns))
		return;
	if (hc_stream_snapshot(s, now_ns, &why))
		put_off(s, now_ns, &why);
}

static void hold_back(struct hc_stream *s, uint16_t cpu, const void *wire, uint32_t len)
{
	hc_buf_put(&s->backlog, &cpu, sizeof cpu);
	hc_buf_put(&s->backlog, &len, sizeof len);
	hc_buf_put(&s->backlog, wire, len);
}

/* Who costs how much, for the governor: by event type, generic events by the call in their first parameter. */
static void account(struct hc_stream *s, const uint8_t *wire, uint32_t len)
{
	uint16_t type = hc_le16(wire + WIRE_TYPE_OFF), sc;

	if (type > PPME_GENERIC_X && type < HC_EVENT_COUNT) {
		s->type_bytes[type] += len;
	} else if (type == PPME_GENERIC_X && len >= WIRE_GENERIC_SC_OFF + sizeof sc) {
		sc = hc_le16(wire + WIRE_GENERIC_SC_OFF);
		if (sc < HC_SC_COUNT)
			s->generic_bytes[sc] += len;
	}
}

void hc_stream_costs(const struct hc_stream *s, uint64_t ret_cost[HC_SC_COUNT])
{
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++) {
		uint16_t type = hc_sc_table[sc].exit != PPME_NONE ? hc_sc_table[sc].exit : hc_sc_table[sc].enter;

		ret_cost[sc] = s->generic_bytes[sc] + (type < HC_EVENT_COUNT ? s->type_bytes[type] : 0);
	}
}

int hc_stream_emit(void *ctx, uint16_t cpu, const void *wire, uint32_t len)
{
	struct hc_stream *s = ctx;
	int err;

	if (s->o.max_events && s->counts.events >= s->o.max_events)
		return HC_STREAM_ENOUGH;
	if (s->snapshot.running) {
		if (s->backlog.len + len > BACKLOG_MAX)
			return HC_STREAM_HOLD;
		hold_back(s, cpu, wire, len);
	}
	account(s, wire, len);
	if (!s->writing)
		return 0;
	if (s->feed)
		hc_feed_event(s->feed, cpu, 0, wire, len);
	err = write_event(s, cpu, 0, wire, len, &s->diag);
	if (!err && hc_output_has_limits(s->o.output))
		rotate_if_full(s, s->last_ts);
	return err;
}

/* Is it a clone's event? Such introduce threads (scap-format.md 14.2). */
static bool is_clone(const void *wire)
{
	uint16_t type = hc_le16((const uint8_t *)wire + WIRE_TYPE_OFF);

	return type == PPME_SYSCALL_CLONE_20_X || type == PPME_SYSCALL_FORK_20_X || type == PPME_SYSCALL_VFORK_20_X ||
	       type == PPME_SYSCALL_CLONE3_X;
}

/* Takes events of threads that nothing introduces out of the backlog; returns how many. */
static uint64_t skip_unknown(struct hc_stream *s, struct hc_map *listed)
{
	const size_t prefix = sizeof(uint16_t) + sizeof(uint32_t);
	uint64_t skipped = 0;
	size_t to = 0;

	for (size_t off = 0; off < s->backlog.len;) {
		char *p = s->backlog.p + off;
		uint64_t tid = hc_le64((uint8_t *)p + prefix + WIRE_TID_OFF);
		size_t size = prefix + hc_le32((uint8_t *)p + sizeof(uint16_t));

		if (is_clone(p + prefix))
			hc_map_put(listed, tid, NULL);
		if (hc_map_get(listed, tid)) {
			memmove(s->backlog.p + to, p, size);
			to += size;
		} else {
			skipped++;
		}
		off += size;
	}
	s->backlog.len = to;
	return skipped;
}

/* Writes what was held back. overlap: it is in the file before as well, so here it is for the state only. */
static int release_backlog(struct hc_stream *s, bool overlap, struct hc_diag *reterr_diag)
{
	int err = 0;

	for (size_t off = 0; !err && off < s->backlog.len;) {
		const char *p = s->backlog.p + off;
		uint16_t cpu = hc_le16((const uint8_t *)p);
		uint32_t len = hc_le32((const uint8_t *)p + sizeof cpu);

		p += sizeof cpu + sizeof len;
		off += sizeof cpu + sizeof len + len;
		if (!overlap && s->o.max_events && s->counts.events >= s->o.max_events)
			break;
		err = write_event(s, cpu, overlap ? HC_EVENT_STATE_ONLY : 0, p, len, reterr_diag);
		if (s->feed && s->feed_fresh)
			hc_feed_event(s->feed, cpu, overlap ? HC_EVENT_STATE_ONLY : 0, p, len);
	}
	hc_buf_done(&s->backlog); /* it can be large, and is seldom needed */
	return err;
}

/* The lists and the ledger's first entries. */
static int begin_file(struct hc_stream *s, uint64_t now_ns, uint64_t skipped, struct hc_diag *reterr_diag)
{
	const struct hc_section *section = &s->snapshot.section;
	const struct hc_snapshot_source *source = &s->snapshot.source;
	int err = hc_output_begin(s->o.output, section, now_ns, reterr_diag);

	if (err)
		return err;
	s->writing = true;
	s->told = *s->set;
	s->feed_fresh = s->feed && hc_feed_wants_section(s->feed);
	if (s->feed_fresh)
		hc_feed_section(s->feed, section);
	/* in front of events that were held back: not later than those, and not before those of the last file */
	if (s->backlog.len)
		memcpy(&s->last_ts, s->backlog.p + sizeof(uint16_t) + sizeof(uint32_t), sizeof s->last_ts);
	err = tell(s, HC_LEDGER_START, start_text(s, now_ns), reterr_diag);
	if (!err)
		err = tell(s, HC_LEDGER_SELECTION, selection_text(s, true), reterr_diag);
	if (!err)
		err = tell(s, HC_LEDGER_SNAPSHOT,
			   hc_ledger_text(json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:s*}", "from_ns",
						    (json_int_t)s->snapshot.from_ns, "to_ns", (json_int_t)now_ns, "threads",
						    (json_int_t)section->nthreads, "fds", (json_int_t)section->nfds, "skipped",
						    (json_int_t)skipped, "source", source->iterators ? "bpf" : "proc",
						    "source_why", *source->why ? source->why : NULL)),
			   reterr_diag);
	if (!err && s->live)
		err = tell(s, HC_LEDGER_LIVE, hc_strdup(s->live), reterr_diag);
	if (!err)
		err = tell(s, HC_LEDGER_TRIGGER, TAKE(s->trigger), reterr_diag);
	return err ? err : hc_output_publish(s->o.output, reterr_diag);
}

int hc_stream_ready(struct hc_stream *s, uint64_t now_ns, struct hc_diag *reterr_diag)
{
	struct hc_section *section = &s->snapshot.section;
	struct hc_map listed = { 0 };
	bool overlap = s->writing;
	uint64_t skipped;
	int err;

	if (!s->snapshot.running)
		return 0;
	join_snapshot(s);
	if (s->snapshot.err && overlap) {
		put_off(s, now_ns, &s->snapshot.diag);
		hc_section_done(section);
		hc_buf_done(&s->backlog); /* it is all in the open file */
		return 0;
	}
	s->retry_ns = 0;
	for (uint32_t i = 0; i < section->nthreads; i++)
		hc_map_put(&listed, (uint64_t)section->threads[i].tid, NULL);
	skipped = skip_unknown(s, &listed);
	if (!overlap)
		s->counts.skipped += skipped;
	err = s->snapshot.err;
	if (err)
		*reterr_diag = s->snapshot.diag;
	if (!err && overlap)
		err = end_file(s, now_ns, "next file", reterr_diag);
	if (!err)
		err = begin_file(s, now_ns, skipped, reterr_diag);
	hc_section_done(section);
	if (!err)
		err = release_backlog(s, overlap, reterr_diag);
	hc_map_done(&listed);
	return err;
}

int hc_stream_selection(struct hc_stream *s, const struct hc_select *select, const struct hc_scset *set,
			const char *reason, const char *why, struct hc_diag *reterr_diag)
{
	int err = 0;

	s->select = select;
	s->set = set;
	s->reason = reason;
	s->why = why;
	if (s->writing) {
		err = tell(s, HC_LEDGER_SELECTION, selection_text(s, false), reterr_diag);
		s->told = *set;
	}
	return err;
}

int hc_stream_tick(struct hc_stream *s, uint64_t now_ns, struct hc_diag *reterr_diag)
{
	struct hc_rings_stats rings;
	int err;

	for (unsigned type = 0; type < HC_EVENT_COUNT; type++)
		s->type_bytes[type] /= 2;
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		s->generic_bytes[sc] /= 2;
	if (!s->writing)
		return 0;
	err = tell(s, HC_LEDGER_LOSS, hc_ledger_loss(&s->ledger, now_ns), reterr_diag);
	if (!err && now_ns - s->last_cost_ns >= COST_INTERVAL_S * 1000000000ull) {
		hc_rings_stats(s->o.rings, &rings);
		s->last_cost_ns = now_ns;
		hc_rings_reset_fill(s->o.rings);
		err = tell(s, HC_LEDGER_COST,
			   hc_ledger_cost(&s->ledger, now_ns, s->counts.events, s->bytes, rings.fill_max_pct), reterr_diag);
	}
	if (!err)
		err = hc_output_flush(s->o.output, reterr_diag);
	if (!err)
		rotate_if_full(s, now_ns);
	return err;
}

void hc_stream_feed(struct hc_stream *s, struct hc_feed *feed)
{
	s->feed = feed;
}

int hc_stream_live(struct hc_stream *s, json_t *entry, bool lasting, struct hc_diag *reterr_diag)
{
	char *text = hc_ledger_text(entry);

	if (lasting) {
		free(s->live);
		s->live = hc_strdup(text ? text : "{}");
	}
	if (s->writing)
		return tell(s, HC_LEDGER_LIVE, text, reterr_diag);
	free(text);
	return 0;
}

int hc_stream_save(struct hc_stream *s, uint64_t now_ns, const struct hc_ledger_trigger *trigger,
		   struct hc_diag *reterr_diag)
{
	int err = hc_output_save(s->o.output, now_ns, reterr_diag);

	if (err)
		return err;
	if (s->writing)
		return tell(s, HC_LEDGER_TRIGGER, hc_ledger_trigger(trigger), reterr_diag);
	free(s->trigger); /* asked for before the first lists are there: the last one to ask is named in front */
	s->trigger = hc_ledger_trigger(trigger);
	return 0;
}

int hc_stream_settle(struct hc_stream *s, uint64_t now_ns, struct hc_diag *reterr_diag)
{
	if (!s->writing)
		return hc_stream_ready(s, now_ns, reterr_diag);
	if (s->snapshot.running) {
		join_snapshot(s);
		hc_section_done(&s->snapshot.section);
		hc_buf_done(&s->backlog);
	}
	s->retry_ns = UINT64_MAX;
	return 0;
}

int hc_stream_end(struct hc_stream *s, uint64_t now_ns, const char *reason, struct hc_diag *reterr_diag)
{
	struct hc_rings_stats rings;
	int err;

	hc_rings_stats(s->o.rings, &rings);
	err = tell(s, HC_LEDGER_COST, hc_ledger_cost(&s->ledger, now_ns, s->counts.events, s->bytes, rings.fill_max_pct),
			   reterr_diag);
	return err ? err : end_file(s, now_ns, reason, reterr_diag);
}
