/* SPDX-License-Identifier: Apache-2.0
 *
 * User and group tables (state-engine.md 13).
 */
#include <criterion/criterion.h>

#include "event-builder.h"

static struct world w;

static void setup(void)
{
	struct hc_user_info *u;
	struct hc_group_info *g;

	w = world_begin();
	world_thread(&w, 10, 10, 0);
	u = hc_section_add_user(&w.section);
	*u = (struct hc_user_info){ .uid = 33, .gid = 34, .name = HC_STR("www"), .home = HC_STR("/var"), .shell = HC_STR("/sh") };
	u = hc_section_add_user(&w.section);
	*u = (struct hc_user_info){ .uid = 77, .name = HC_STR("+nis") };
	g = hc_section_add_group(&w.section);
	*g = (struct hc_group_info){ .gid = 34, .name = HC_STR("webs") };
	world_load(&w);
	hc_state_loaded(w.state);
}

static void teardown(void)
{
	world_end(&w);
}

TestSuite(users, .init = setup, .fini = teardown);

static const char *name_of(uint32_t uid)
{
	const struct hc_user *u = hc_users_find_user(&w.state->users, NULL, uid);

	return u ? text(u->name) : "(none)";
}

static const char *group_of(uint32_t gid)
{
	const struct hc_user *g = hc_users_find_group(&w.state->users, NULL, gid);

	return g ? text(g->name) : "(none)";
}

Test(users, list_and_root_are_known)
{
	cr_expect_str_eq(name_of(33), "www");
	cr_expect_str_eq(group_of(34), "webs");
	cr_expect_str_eq(name_of(0), "root", "the thread's uid");
	cr_expect_str_eq(text(hc_users_find_user(&w.state->users, NULL, 0)->home), "/root");
	cr_expect_str_eq(text(hc_users_find_user(&w.state->users, NULL, 0)->shell), "<NA>");
	cr_expect_str_eq(group_of(0), "root");
	cr_expect_str_eq(name_of(77), "(none)", "names with + are no users");
	cr_expect_str_eq(name_of(1000), "(none)", "this machine's users are not asked");
}

Test(users, list_replaces_the_name_of_root)
{
	*hc_section_add_user(&w.section) = (struct hc_user_info){ .uid = 0, .name = HC_STR("toor") };
	world_load(&w);
	hc_state_loaded(w.state);
	cr_expect_str_eq(name_of(0), "toor");
}

Test(users, events_add_change_and_remove)
{
	feed(&w, PPME_USER_ADDED_E, -1, N(1000), N(1001), S("alice"), S("/home/a"), S("/bin/sh"), S(""));
	cr_expect_null(w.state->thread);
	cr_expect_str_eq(name_of(1000), "alice");
	feed(&w, PPME_USER_ADDED_E, -1, N(1000), N(1001), S("bob"), S("/home/b"), S("/bin/sh"), EMPTY);
	cr_expect_str_eq(name_of(1000), "bob");
	feed(&w, PPME_GROUP_ADDED_E, -1, N(1001), S("staff"), S(""));
	cr_expect_str_eq(group_of(1001), "staff");
	feed(&w, PPME_USER_DELETED_E, -1, N(1000), N(1001), S("bob"), S(""), S(""), S(""));
	cr_expect_str_eq(name_of(1000), "(none)");
	feed(&w, PPME_GROUP_DELETED_E, -1, N(1001), S("staff"), S(""));
	cr_expect_str_eq(group_of(1001), "(none)");
	feed(&w, PPME_USER_ADDED_E, -1, N(1000), N(1), S("in"), S("/"), S("/"), S("0123456789ab"));
	cr_expect_str_eq(name_of(1000), "(none)");
	cr_expect_null(hc_users_find_user(&w.state->users, NULL, 1000), "a container's new user is not added (Q)");
}

Test(users, removal_keeps_the_others)
{
	for (int i = 0; i < 2000; i++) {
		char name[16];

		snprintf(name, sizeof name, "u%d", i);
		feed(&w, PPME_USER_ADDED_E, -1, N(5000 + i), N(1), S(name), S("/"), S("/"), S(""));
	}
	for (int i = 0; i < 2000; i += 2)
		feed(&w, PPME_USER_DELETED_E, -1, N(5000 + i), N(1), S("x"), S("/"), S("/"), S(""));
	for (int i = 0; i < 2000; i++) {
		char name[16];

		snprintf(name, sizeof name, "u%d", i);
		cr_assert_str_eq(name_of(5000 + (uint32_t)i), i % 2 ? name : "(none)");
	}
}

Test(users, long_names_are_cut)
{
	char name[2001];

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	feed(&w, PPME_USER_ADDED_E, -1, N(9), N(9), S(name), S(name), S(name), S(""));
	cr_expect_eq(strlen(name_of(9)), 255);
	cr_expect_eq(hc_users_find_user(&w.state->users, NULL, 9)->home->len, 1023);
}
