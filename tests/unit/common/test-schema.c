/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema tables as a whole: what code relies on without looking. That each row is right is tests/style's business.
 */
#include <criterion/criterion.h>

#include "common/schema.h"

Test(schema, every_event_has_a_row_and_sane_parameters)
{
	cr_assert_eq(HC_EVENT_COUNT, 454);
	for (unsigned i = 0; i < HC_EVENT_COUNT; i++) {
		const struct hc_event_info *e = &hc_event_table[i];

		cr_assert_not_null(e->id, "event %u", i);
		cr_assert_not_null(e->name, "event %u", i);
		for (unsigned k = 0; k < e->nparams; k++) {
			const struct hc_param_info *p = &e->params[k];

			cr_assert_not_null(p->name, "%s parameter %u", e->id, k);
			cr_assert_lt(p->type, HC_PARAM_TYPE_COUNT, "%s parameter %u", e->id, k);
			if (p->type == PT_FSRELPATH) {
				cr_assert_geq(p->dirfd, 0, "%s.%s", e->id, p->name);
				cr_assert_lt(p->dirfd, (int)e->nparams, "%s.%s", e->id, p->name);
				cr_assert_eq(e->params[p->dirfd].type, PT_FD, "%s.%s", e->id, p->name);
			}
		}
	}
}

Test(schema, dedicated_syscalls_name_events_of_the_right_parity)
{
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++) {
		const struct hc_sc_info *s = &hc_sc_table[sc];

		cr_assert_not_null(s->name, "sc %u", sc);
		if (s->kind == HC_SC_DEDICATED) {
			cr_assert_lt(s->exit, HC_EVENT_COUNT, "%s", s->name);
			cr_assert_eq(s->exit % 2, 1, "%s", s->name);
		} else if (s->kind == HC_SC_GENERIC) {
			cr_assert_eq(s->exit, PPME_GENERIC_X, "%s", s->name);
		}
	}
}

Test(schema, look_ups_agree_with_the_table)
{
	for (int sc = 1; sc < HC_SC_COUNT; sc++) {
		const struct hc_sc_info *s = &hc_sc_table[sc];

		if (s->kind == HC_SC_RESERVED)
			continue;
		cr_assert_eq(hc_sc_by_name(s->name), sc, "%s", s->name);
		if (s->nr_x86_64 >= 0)
			cr_assert_eq(hc_sc_by_x86_64(s->nr_x86_64), sc, "%s", s->name);
	}
	cr_assert_eq(hc_sc_by_name("nosuch"), -1);
	cr_assert_eq(hc_sc_by_name("(reserved)"), -1);
	cr_assert_eq(hc_sc_by_x86_64(-1), PPM_SC_UNKNOWN);
	cr_assert_eq(hc_sc_by_x86_64(100000), PPM_SC_UNKNOWN);
}

Test(schema, names_of_numbers_end_where_the_tables_do)
{
	cr_assert_str_eq(hc_errno_name(2), "ENOENT");
	cr_assert_str_eq(hc_errno_name(61), "ENODATA");
	cr_assert_str_eq(hc_errno_name(530), "EIOCBRETRY");
	cr_assert_null(hc_errno_name(0));
	cr_assert_null(hc_errno_name(-2));
	cr_assert_null(hc_errno_name(126));
	cr_assert_null(hc_errno_name(531));
	cr_assert_str_eq(hc_signal_name(9), "SIGKILL");
	cr_assert_null(hc_signal_name(0));
	cr_assert_null(hc_signal_name(32));
}

Test(schema, parameter_sizes_and_names)
{
	cr_assert_eq(hc_param_type_size(PT_FD), 8);
	cr_assert_eq(hc_param_type_size(PT_ENUMFLAGS16), 2);
	cr_assert_eq(hc_param_type_size(PT_CHARBUF), -1);
	cr_assert_eq(hc_param_type_size(200), -1);
	cr_assert_str_eq(hc_param_type_name(PT_SOCKTUPLE), "PT_SOCKTUPLE");
	cr_assert_not_null(hc_flagset_find("file_flags"));
	cr_assert_null(hc_flagset_find("no_flags"));
}
