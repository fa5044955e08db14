/* SPDX-License-Identifier: Apache-2.0
 *
 * falco.yaml and -o over it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "replay/config.h"

static struct hc_config c;
static struct hc_diag diag;

static void setup(void)
{
	hc_config_init(&c);
}

static void teardown(void)
{
	hc_config_done(&c);
}

TestSuite(config, .init = setup, .fini = teardown);

static int load(const char *text)
{
	char path[] = "/tmp/hindcast-test-config-XXXXXX";
	int fd = mkstemp(path), r;

	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	r = hc_config_load(&c, path, &diag);
	unlink(path);
	return r;
}

Test(config, defaults_are_falcos)
{
	cr_assert_eq(hc_config_finish(&c, &diag), 0);
	cr_expect_not(c.json_output);
	cr_expect_not(c.json_message);
	cr_expect(c.json_output_property && c.json_fields && c.json_tags && c.stdout_enabled);
	cr_expect_not(c.match_all || c.iso8601 || c.base64);
	cr_expect_null(c.priority);
	cr_expect_eq(c.notes.len, 0);
}

Test(config, a_file_sets_what_matters_and_names_the_rest)
{
	cr_assert_eq(load("rules_files: [a.yaml, b.d]\njson_output: true\npriority: notice\nrule_matching: all\n"
			  "webserver:\n  enabled: true\nfile_output:\n  enabled: yes\n  filename: /x/y\n"
			  "base_syscalls:\n  custom_set: [read]\njson_ouput: false\n"
			  "rules:\n  - disable: {rule: \"*\"}\n  - enable:\n      tag: net\n"), 0);
	cr_assert_eq(hc_config_finish(&c, &diag), 0);
	cr_expect(c.json_output && c.match_all && c.file_enabled);
	cr_expect_str_eq(c.file, "/x/y");
	cr_expect_str_eq(c.priority, "notice");
	cr_assert_eq(c.nrules_files, 2);
	cr_expect_str_eq(c.rules_files[1], "b.d");
	cr_assert_eq(c.nswitches, 2);
	cr_expect_str_eq(c.switches[0].rule, "*");
	cr_expect_not(c.switches[0].enable);
	cr_expect(c.switches[1].enable);
	cr_expect_str_eq(c.switches[1].tag, "net");
	cr_expect_str_eq(c.notes.p, "configuration keys without effect on a replay: webserver, base_syscalls\n"
				    "unknown configuration key 'json_ouput'; did you mean 'json_output'?\n");
}

Test(config, assignments_win_over_the_file_and_reach_into_it)
{
	cr_assert_eq(load("json_output: false\nrules_files: [a]\nfile_output: {enabled: false, filename: x}\n"), 0);
	cr_assert_eq(hc_config_set(&c, "json_output=true", &diag), 0);
	cr_assert_eq(hc_config_set(&c, "file_output.enabled=true", &diag), 0);
	cr_assert_eq(hc_config_set(&c, "rules_files[]=b", &diag), 0);
	cr_assert_eq(hc_config_set(&c, "rules_files[0]=c", &diag), 0);
	cr_assert_eq(hc_config_set(&c, "append_output[]={\"suggested_output\": true, "
				   "\"extra_fields\": [\"evt.num\", {\"x\": \"%evt.num!\"}]}", &diag), 0);
	cr_assert_eq(hc_config_set(&c, "static_fields.env=prod", &diag), 0);
	cr_assert_eq(hc_config_finish(&c, &diag), 0);
	cr_expect(c.json_output && c.file_enabled);
	cr_expect_str_eq(c.file, "x");
	cr_assert_eq(c.nrules_files, 2);
	cr_expect_str_eq(c.rules_files[0], "c");
	cr_expect_str_eq(c.rules_files[1], "b");
	cr_assert_eq(c.nappends, 1);
	cr_expect_str_eq(c.appends[0].match.text,
			 "container_id=%container.id container_name=%container.name "
			 "container_image_repository=%container.image.repository container_image_tag=%container.image.tag "
			 "k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name static_env=prod");
	cr_assert_eq(c.appends[0].nfields, 2);
	cr_expect_str_eq(c.appends[0].fields[0].name, "evt.num");
	cr_expect_null(c.appends[0].fields[0].template);
	cr_expect_str_eq(c.appends[0].fields[1].template, "%evt.num!");
}

Test(config, plain_values_are_no_yaml)
{
	cr_assert_eq(hc_config_set(&c, "rules[].disable.rule=*", &diag), 0);
	cr_assert_eq(hc_config_set(&c, "rules[].enable.tag=a: b #c", &diag), 0);
	cr_assert_eq(hc_config_set(&c, "priority=\"error\"", &diag), 0);
	cr_assert_eq(hc_config_finish(&c, &diag), 0);
	cr_assert_eq(c.nswitches, 2);
	cr_expect_str_eq(c.switches[0].rule, "*");
	cr_expect_str_eq(c.switches[1].tag, "a: b #c");
	cr_expect_str_eq(c.priority, "error");
}

Test(config, values_may_name_environment_variables)
{
	setenv("HC_TEST_DIR", "/etc/x", 1);
	cr_assert_eq(load("rules_files: ['${HC_TEST_DIR}/a.yaml', &b $HC_TEST_DIR, *b]\n"
			  "file_output: {filename: \"$${HC_TEST_DIR}\"}\n"), 0);
	cr_assert_eq(hc_config_set(&c, "program_output.program=cat ${HC_TEST_DIR}", &diag), 0);
	cr_assert_eq(hc_config_finish(&c, &diag), 0);
	cr_expect_str_eq(c.rules_files[0], "/etc/x/a.yaml");
	cr_expect_str_eq(c.rules_files[2], "$HC_TEST_DIR");
	cr_expect_str_eq(c.file, "${HC_TEST_DIR}");
	cr_expect_str_eq(c.program, "cat /etc/x");
}

Test(config, unknown_keys_are_named_inside_sections_too)
{
	cr_assert_eq(load("file_output: {enable: true, keep_alive: true}\nengine: {kind: replay, replay: {capture: x}}\n"
			  "webserver: {anything: goes}\n"), 0);
	cr_assert_eq(hc_config_finish(&c, &diag), 0);
	cr_expect_str_eq(c.notes.p, "configuration keys without effect on a replay: webserver\n"
				    "unknown configuration key 'file_output.enable'; did you mean 'file_output.enabled'?\n"
				    "unknown configuration key 'engine.replay.capture'; did you mean 'engine.replay.capture_file'?\n");
}

Test(config, other_files_join_in_by_their_strategy)
{
	char dir[] = "/tmp/hindcast-test-config-XXXXXX";
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "2.yaml", "json_output: true\nrules_files: [c]\npriority: error\n" },
		{ "1.yml", "rules_files: [b]\nrule_matching: all\n" }, { "0.txt", "json_output: maybe\n" },
		{ "o.yaml.x", "priority: debug\nrules_files: [z]\n" },
	};
	char main[512];

	cr_assert(mkdtemp(dir));
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char path[300];
		FILE *f;

		snprintf(path, sizeof path, "%s/%s", dir, files[i].name);
		f = fopen(path, "w");
		cr_assert(f && fputs(files[i].text, f) >= 0);
		fclose(f);
	}
	snprintf(main, sizeof main, "config_files: [%s, /nonexistent, {path: %s/o.yaml.x, strategy: add-only}]\n"
		 "rules_files: [a]\npriority: notice\n", dir, dir);
	cr_assert_eq(load(main), 0, "%s", diag.text);
	cr_assert_eq(hc_config_set(&c, "priority=alert", &diag), 0);
	cr_assert_eq(hc_config_finish(&c, &diag), 0);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char path[300];

		snprintf(path, sizeof path, "%s/%s", dir, files[i].name);
		unlink(path);
	}
	rmdir(dir);
	cr_expect(c.json_output && c.match_all);
	cr_expect_str_eq(c.priority, "alert");
	cr_assert_eq(c.nrules_files, 3);
	cr_expect_str_eq(c.rules_files[1], "b");
	cr_expect_str_eq(c.rules_files[2], "c");
	cr_expect_eq(c.notes.len, 0);
	cr_expect_eq(load("config_files: [{path: /x, strategy: mix}]\n"), -EINVAL);
}

Test(config, refuses_values_of_the_wrong_kind)
{
	static const char *const bad[] = { "json_output=perhaps", "rule_matching=some", "rules=x", "append_output=1",
					   "rules[]={enable: {}}", "priority=[1]", "static_fields=[a]" };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		hc_config_done(&c);
		hc_config_init(&c);
		cr_assert_eq(hc_config_set(&c, bad[i], &diag), 0, "%s", bad[i]);
		cr_expect_eq(hc_config_finish(&c, &diag), -EINVAL, "%s", bad[i]);
		cr_expect(strstr(diag.text, "expected"), "%s: %s", bad[i], diag.text);
	}
}

Test(config, refuses_assignments_that_are_none)
{
	static const char *const bad[] = { "json_output", "=1", "a[x]=1", "a[99999]=1", "a..b=1", "a={", "" };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cr_expect_eq(hc_config_set(&c, bad[i], &diag), -EINVAL, "'%s'", bad[i]);
	cr_expect_lt(load("a: [b"), 0);
	cr_expect_lt(load("- a\n- b\n"), 0);
	cr_expect_eq(hc_config_load(&c, "/nonexistent/falco.yaml", &diag), -ENOENT);
}
