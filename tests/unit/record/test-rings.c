/* SPDX-License-Identifier: Apache-2.0
 *
 * The merge over rings made of ordinary memory files: same layout as the kernel's, the data there twice.
 */
#include <criterion/criterion.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/event.h"
#include "record/rings.h"

enum { SIZE = 4096, PAGE = 4096, CPUS = 3, WIRE = 32 };

static int fds[CPUS];
static unsigned long produced[CPUS];
static struct hc_rings *rings;

/* What was emitted, in order. */
static struct {
	uint64_t ts;
	uint16_t cpu;
	uint32_t len;
} out[256];
static unsigned nout, stop_after;

static int emit(void *ctx, uint16_t cpu, const void *wire, uint32_t len)
{
	if (stop_after && nout == stop_after)
		return 42;
	out[nout].ts = hc_le64(wire);
	out[nout].cpu = cpu;
	out[nout++].len = len;
	return 0;
}

static void poke(int cpu, unsigned long pos, const void *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		off_t at = 2 * PAGE + (off_t)((pos + i) % SIZE);

		cr_assert_eq(pwrite(fds[cpu], (const char *)p + i, 1, at), 1);
		cr_assert_eq(pwrite(fds[cpu], (const char *)p + i, 1, at + SIZE), 1);
	}
}

static unsigned long put(int cpu, uint64_t ts, uint32_t bits)
{
	uint32_t header[2] = { WIRE | bits, 0 };
	uint8_t wire[WIRE] = { 0 };
	unsigned long pos = produced[cpu];

	memcpy(wire, &ts, sizeof ts);
	poke(cpu, pos, header, sizeof header);
	poke(cpu, pos + 8, wire, sizeof wire);
	produced[cpu] += 8 + WIRE;
	cr_assert_eq(pwrite(fds[cpu], &produced[cpu], sizeof produced[cpu], PAGE), sizeof produced[cpu]);
	return pos;
}

static unsigned long consumed(int cpu)
{
	unsigned long pos;

	cr_assert_eq(pread(fds[cpu], &pos, sizeof pos, 0), sizeof pos);
	return pos;
}

static void setup(void)
{
	struct hc_diag diag;

	for (int i = 0; i < CPUS; i++) {
		fds[i] = memfd_create("ring", MFD_CLOEXEC);
		cr_assert_eq(ftruncate(fds[i], 2 * PAGE + 2 * SIZE), 0);
		produced[i] = 0;
	}
	cr_assert_eq(hc_rings_new(&rings, fds, CPUS, SIZE, &diag), 0);
	nout = stop_after = 0;
}

static void teardown(void)
{
	hc_rings_free(rings);
	for (int i = 0; i < CPUS; i++)
		close(fds[i]);
}

TestSuite(rings, .init = setup, .fini = teardown);

Test(rings, cpus_are_merged_by_time)
{
	static const uint64_t sorted[] = { 10, 15, 20, 30, 40 };

	put(0, 10, 0);
	put(0, 40, 0);
	put(1, 20, 0);
	put(1, 30, 0);
	put(2, 15, 0);
	cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 0);
	cr_assert_eq(nout, 5);
	for (unsigned i = 0; i < 5; i++)
		cr_expect_eq(out[i].ts, sorted[i]);
	cr_expect(out[1].cpu == 2 && out[2].cpu == 1 && out[4].cpu == 0 && out[0].len == WIRE);
	for (int i = 0; i < CPUS; i++)
		cr_expect_eq(consumed(i), produced[i]);
}

Test(rings, what_is_younger_than_the_limit_stays)
{
	uint32_t fill;

	put(0, 10, 0);
	put(0, 50, 0);
	put(1, 60, 0);
	cr_assert_eq(hc_rings_drain(rings, 49, emit, NULL), 0);
	cr_expect_eq(nout, 1);
	cr_expect_eq(hc_rings_pending(rings, &fill), 2 * (8 + WIRE));
	put(1, 70, 0);
	cr_assert_eq(hc_rings_drain(rings, 70, emit, NULL), 0);
	cr_expect_eq(nout, 4);
	cr_expect_eq(hc_rings_pending(rings, NULL), 0);
}

Test(rings, late_events_take_the_time_of_the_last)
{
	struct hc_rings_stats stats;

	put(0, 100, 0);
	cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 0);
	put(1, 90, 0);
	put(1, 110, 0);
	cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 0);
	cr_assert_eq(nout, 3);
	cr_expect_eq(out[1].ts, 100);
	cr_expect_eq(out[2].ts, 110);
	hc_rings_stats(rings, &stats);
	cr_expect(stats.late == 1 && stats.events == 3);
}

Test(rings, a_record_being_filled_holds_the_pass_back)
{
	uint32_t header = WIRE;
	unsigned long busy;

	put(0, 10, 0);
	busy = put(1, 5, BPF_RINGBUF_BUSY_BIT);
	cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 0);
	cr_expect_eq(nout, 0);
	poke(1, busy, &header, sizeof header);
	cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 0);
	cr_expect(nout == 2 && out[0].ts == 5 && out[1].ts == 10);
}

Test(rings, discarded_records_are_stepped_over)
{
	put(0, 1, BPF_RINGBUF_DISCARD_BIT);
	put(0, 2, 0);
	put(0, 3, BPF_RINGBUF_DISCARD_BIT);
	cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 0);
	cr_expect(nout == 1 && out[0].ts == 2);
	cr_expect_eq(consumed(0), produced[0]);
}

Test(rings, a_refused_event_is_offered_again)
{
	put(0, 1, 0);
	put(0, 2, 0);
	stop_after = 1;
	cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 42);
	cr_expect_eq(nout, 1);
	stop_after = 0;
	cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 0);
	cr_expect(nout == 2 && out[1].ts == 2);
}

Test(rings, records_wrap_around_the_end)
{
	for (uint64_t ts = 1; ts <= 250; ts++) {
		put(ts % 2, ts, 0);
		if (ts % 50 == 0)
			cr_assert_eq(hc_rings_drain(rings, UINT64_MAX, emit, NULL), 0);
	}
	cr_assert_eq(nout, 250);
	for (unsigned i = 0; i < 250; i++)
		cr_expect_eq(out[i].ts, i + 1);
}
