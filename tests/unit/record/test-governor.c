/* SPDX-License-Identifier: Apache-2.0
 *
 * The governor under made-up pressure.
 */
#include <criterion/criterion.h>

#include "record/governor.h"

#define SECOND 1000000000ull

static struct hc_governor g;
static struct hc_pressure p;
static unsigned sc;

static void setup(void)
{
	struct hc_scset selected = { 0 }, rules = { 0 }, keep = { 0 };

	hc_scset_add(&selected, PPM_SC_GETPPID); /* nobody's */
	hc_scset_add(&selected, PPM_SC_GETPID);
	hc_scset_add(&selected, PPM_SC_READ); /* a rule's */
	hc_scset_add(&rules, PPM_SC_READ);
	hc_scset_add(&selected, PPM_SC_CLOSE); /* the state's */
	hc_scset_add(&keep, PPM_SC_CLOSE);
	g = (struct hc_governor){ 0 };
	hc_governor_init(&g, &selected, &rules, &keep);
	p = (struct hc_pressure){ .now_ns = 100 * SECOND };
	p.cost[PPM_SC_GETPPID] = 1000;
	p.cost[PPM_SC_GETPID] = 2000;
	p.cost[PPM_SC_READ] = 1000;
	p.cost[PPM_SC_CLOSE] = 5000;
}

TestSuite(governor, .init = setup);

static enum hc_governor_change step(uint64_t after_ns, uint64_t lost, uint32_t fill)
{
	p.now_ns += after_ns;
	p.lost = lost;
	p.fill_pct = fill;
	return hc_governor_step(&g, &p, &sc);
}

Test(governor, nothing_goes_without_pressure)
{
	for (int i = 0; i < 100; i++)
		cr_assert_eq(step(SECOND, 0, 50), HC_GOVERNOR_NONE);
}

Test(governor, unneeded_calls_go_first_dearest_first_state_never)
{
	static const unsigned order[] = { PPM_SC_GETPID, PPM_SC_GETPPID, PPM_SC_READ };

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(step(SECOND, 1, 0), HC_GOVERNOR_SHED);
		cr_expect_eq(sc, order[i]);
	}
	cr_expect_eq(step(SECOND, 1, 100), HC_GOVERNOR_NONE);
	cr_expect(!hc_scset_has(&g.shed, PPM_SC_CLOSE));
}

Test(governor, what_would_hardly_be_felt_stays)
{
	p.cost[PPM_SC_GETPPID] = p.cost[PPM_SC_GETPID] = p.cost[PPM_SC_READ] = 99;
	cr_expect_eq(step(SECOND, 1, 100), HC_GOVERNOR_NONE);
}

Test(governor, a_full_ring_is_pressure_too)
{
	cr_expect_eq(step(SECOND, 0, 60), HC_GOVERNOR_SHED);
}

Test(governor, a_change_gets_time_to_work)
{
	cr_assert_eq(step(SECOND, 1, 0), HC_GOVERNOR_SHED);
	cr_expect_eq(step(SECOND / 10, 1, 100), HC_GOVERNOR_NONE);
	cr_expect_eq(step(SECOND / 5, 1, 100), HC_GOVERNOR_SHED);
}

Test(governor, calm_takes_back_last_in_first_out)
{
	step(SECOND, 1, 0);
	step(SECOND, 1, 0);
	cr_expect_eq(step(SECOND, 0, 0), HC_GOVERNOR_NONE);
	cr_expect_eq(step(4 * SECOND, 0, 30), HC_GOVERNOR_NONE); /* neither high nor calm */
	cr_expect_eq(step(4 * SECOND, 0, 0), HC_GOVERNOR_NONE);
	cr_assert_eq(step(6 * SECOND, 0, 0), HC_GOVERNOR_RESTORED);
	cr_expect_eq(sc, PPM_SC_GETPPID);
	cr_assert_eq(step(6 * SECOND, 0, 0), HC_GOVERNOR_RESTORED);
	cr_expect_eq(sc, PPM_SC_GETPID);
	cr_expect_eq(step(60 * SECOND, 0, 0), HC_GOVERNOR_NONE);
}

Test(governor, taking_back_too_early_makes_it_wait_longer)
{
	step(SECOND, 1, 0);
	cr_assert_eq(step(6 * SECOND, 0, 0), HC_GOVERNOR_RESTORED);
	cr_assert_eq(step(SECOND, 1, 0), HC_GOVERNOR_SHED);
	step(SECOND, 0, 0);
	cr_expect_eq(step(6 * SECOND, 0, 0), HC_GOVERNOR_NONE);
	cr_expect_eq(step(6 * SECOND, 0, 0), HC_GOVERNOR_RESTORED);
}

Test(governor, a_new_selection_keeps_what_is_still_shed)
{
	struct hc_scset selected = { 0 }, none = { 0 };

	step(SECOND, 1, 0);
	step(SECOND, 1, 0);
	hc_scset_add(&selected, PPM_SC_GETPPID);
	hc_governor_init(&g, &selected, &none, &none);
	cr_expect(hc_scset_has(&g.shed, PPM_SC_GETPPID) && !hc_scset_has(&g.shed, PPM_SC_GETPID));
	cr_expect_eq(g.norder, 1);
}
