/* SPDX-License-Identifier: Apache-2.0
 *
 * Redaction: canaries in every string a capture can hold are gone from what comes out, whatever shape they had; what rules
 * look for is still there; the same comes out the same wherever it stands.
 */
#include "samples/redact.h"

#include <criterion/criterion.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <string.h>

#include "formats/writer-lists.h"
#include "rules/ruleset.h"
#include "tests/unit/replay/event-builder.h"

static const char key[] = "a key of the tests, not of anyone";

static struct hc_policy policy;
static struct hc_redactor *redactor;
static struct hc_ruleset *rules;
static struct built *built;
static struct hc_buf out;

static void start(const char *policy_text, const char *rules_text)
{
	struct hc_redact_options o = { .policy = &policy, .key = key, .key_len = sizeof key - 1 };
	struct hc_buf errors HC_BUF_DONE = { 0 };

	hc_redactor_free(redactor);
	if (policy_text)
		cr_assert(!hc_policy_read(&policy, "policy", policy_text, strlen(policy_text), &errors), "%s", errors.p);
	if (rules_text) {
		rules = hc_ruleset_new(NULL);
		cr_assert(!hc_ruleset_add(rules, "rules", rules_text, strlen(rules_text), NULL));
		o.rules = rules;
	}
	redactor = hc_redactor_new(&o);
}

static void setup(void)
{
	hc_policy_init(&policy);
	built = calloc(1, sizeof *built);
	start(NULL, NULL);
}

static void teardown(void)
{
	hc_redactor_free(redactor);
	if (rules)
		hc_ruleset_free(rules);
	hc_policy_done(&policy);
	hc_buf_done(&out);
	free(built);
}

TestSuite(redact, .init = setup, .fini = teardown);

/* ---- looking for canaries ---- */

enum { PIECE = 6 };

static const char canary[] = "Zk7qWvX9mJp2LrTb";

static bool holds(const void *p, size_t len)
{
	return memmem(out.p, out.len, p, len) != NULL;
}

/* Is any piece of the word in out: as it is, in other letter case, in hexadecimal or base64? */
static const char *betrayal(const char *word)
{
	static char found[64];
	const size_t n = strlen(word);
	struct hc_buf folded HC_BUF_DONE = { 0 };

	hc_buf_put(&folded, out.p, out.len);
	for (size_t i = 0; i < folded.len; i++)
		if (folded.p[i] >= 'A' && folded.p[i] <= 'Z')
			folded.p[i] |= 0x20;
	for (size_t i = 0; i + PIECE <= n; i++) {
		char lower[PIECE], hex[2 * PIECE + 1], b64[16];

		for (int k = 0; k < PIECE; k++) {
			const char c = word[i + (size_t)k];

			lower[k] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
			snprintf(hex + 2 * k, 3, "%02x", (unsigned char)c);
		}
		base64_encode_raw(b64, PIECE, (const uint8_t *)word + i);
		if (memmem(folded.p, folded.len, lower, PIECE) || memmem(folded.p, folded.len, hex, 2 * PIECE) ||
		    holds(b64, 8)) {
			snprintf(found, sizeof found, "%.*s of %s", PIECE, word + i, word);
			return found;
		}
	}
	return NULL;
}

static int collect(void *ctx, const void *block, size_t len)
{
	(void)ctx;
	hc_buf_put(&out, block, len);
	return 0;
}

static void put_section(const struct hc_section *section)
{
	cr_assert(!hc_lists_write(hc_redact_section(redactor, section), collect, NULL));
}

static struct hc_event put_event(struct hc_event *ev)
{
	struct hc_event ret;
	uint64_t n = 0;

	hc_redact_event(redactor, ev, &ret);
	for (uint32_t i = 0; i < ret.nparams; i++)
		n += hc_event_type_is_large(ret.type) ? hc_le32(ret.lens + 4 * i) : hc_le16(ret.lens + 2 * i);
	hc_buf_put(&out, ret.data, n);
	return ret;
}

/* ---- shapes a canary can have in a string ---- */

static const char *const shapes[] = {
	"%s", "/home/%s/x", "/home/u/%s", "/root/%s", "/etc/%s", "/tmp/%s.txt", "/opt/a/../%s", "/usr/local/bin/%s", "/usr/../%s",
	"/proc/1/root/%s", "/proc/self/cwd/%s", "%s@localhost", "--%s", "--user=%s", "-p%s", "--password=%s", "-o%s=1", "NAME=%s",
	"%s:1:2", "http://%s/index.html", "https://u:%s@localhost/", "a b %s c", "'%s'", "\"%s\"", "${%s}", "x,%s,y", "%s.service",
	"docker-%s.scope", "/system.slice/%s.service", "memfd:%s (deleted)", "\\x41%s", "%%41%s", "_%s_", "-%s-", "\n%s\n",
	"{\"a\":\"%s\"}",
	"sh -c 'echo %s | base64'", "pipe:[%s]", "[%s]", "~%s", "@%s", "\001%s", "caf\303\251%s",
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static struct hc_str shaped(struct hc_buf *to, size_t shape, const char *word)
{
	hc_buf_reset(to);
	hc_buf_printf(to, shapes[shape], word); /* shapes are ours */
	return (struct hc_str){ to->p, (uint32_t)to->len };
}

static void fill_section(struct hc_section *s, size_t shape, const char *word)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_str text = shaped(&b, shape, word), plain, set;
	struct hc_thread_info *t;
	struct hc_interface *i;
	struct hc_user_info *u;

	hc_section_init(s);
	plain = hc_section_str(s, text.p, text.len);
	set = hc_section_str(s, text.p, text.len + 1);
	s->has_machine = true;
	snprintf(s->machine.hostname, sizeof s->machine.hostname, "%s", plain.p);
	t = hc_section_add_thread(s);
	t->tid = t->pid = 1;
	t->comm = t->exe = t->exepath = t->cwd = t->root = plain;
	t->args = t->env = t->cgroups = set;
	for (uint8_t type = HC_FD_FILE; type < HC_FD_TYPE_COUNT; type++) {
		struct hc_fd_info *f = hc_section_add_fd(s);

		f->tid = 1;
		f->fd = type;
		f->type = type;
		f->name = plain;
		memcpy(f->sip, word, 16);
		memcpy(f->dip, word, 16);
		memcpy(&f->unix_source, word, 8);
		memcpy(&f->unix_dest, word, 8);
	}
	for (uint16_t type = 1; type <= 4; type++) {
		i = hc_section_add_interface(s);
		i->type = type;
		i->name = plain;
		memcpy(i->addr, word, 16);
		memcpy(i->broadcast, word, 16);
	}
	u = hc_section_add_user(s);
	u->name = u->home = u->shell = plain;
	u->uid = 1000;
	hc_section_add_group(s)->name = plain;
}

static bool is_texty(uint8_t type)
{
	return hc_param_type_size(type) <= 0;
}

/* An event of that type whose every parameter that is no number holds the text. */
static struct hc_event *texty_event(uint16_t type, const void *text, uint32_t len)
{
	const struct hc_event_info *info = &hc_event_table[type];
	struct value values[HC_EVENT_PARAMS_MAX];

	for (uint32_t i = 0; i < info->nparams; i++)
		values[i] = is_texty(info->params[i].type) ? B(text, len) : N(1);
	return build_event(built, type, 1, 1, values, info->nparams);
}

static void put_shape(size_t shape, const char *word)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_str text = shaped(&b, shape, word);
	struct hc_section s;

	fill_section(&s, shape, word);
	put_section(&s);
	hc_section_done(&s);
	for (uint16_t type = 0; type < HC_EVENT_COUNT; type++) {
		static const uint8_t families[] = { 1, 2, 10 };

		put_event(texty_event(type, text.p, text.len + 1));
		put_event(texty_event(type, text.p, text.len));
		/* in the forms of addresses and dynamic values, too */
		for (size_t f = 0; f < sizeof families; f++) {
			uint8_t addr[256] = { families[f] };

			memcpy(addr + 1, text.p, text.len + 1 < 200 ? text.len + 1 : 200);
			put_event(texty_event(type, addr, 2 + text.len));
			if (f == 0) {
				memset(addr + 1, 0, sizeof addr - 1);
				memcpy(addr + 17, text.p, text.len < 200 ? text.len : 200);
				put_event(texty_event(type, addr, 18 + text.len));
			}
		}
	}
}

Test(redact, no_canary_comes_out_of_any_string)
{
	for (size_t shape = 0; shape < SHAPES; shape++) {
		const char *found;

		hc_buf_reset(&out);
		put_shape(shape, canary);
		found = betrayal(canary);
		cr_assert(!found, "%s in the shape '%s'", found, shapes[shape]);
	}
}

/* Ordinary words are no cover: a user or a host of such a name is hidden wherever the name stands by itself. */
Test(redact, known_names_are_hidden_even_among_system_files)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_section s;

	fill_section(&s, 0, canary);
	put_section(&s);
	hc_section_done(&s);
	hc_buf_printf(&b, "/usr/share/%s/%s_backup.conf", canary, canary);
	put_event(texty_event(PPME_SYSCALL_OPENAT_2_X, b.p, (uint32_t)b.len + 1));
	cr_assert(!betrayal(canary), "%s", betrayal(canary));
	cr_assert(holds("/usr/share/x", 12));
}

Test(redact, json_hides_keys_and_values)
{
	static const char *const names[] = { "container", "container_removed", "hindcast.start", "hindcast.selection",
					     "hindcast.cut", "hindcast.state", "hindcast.trigger",
					     "hindcast.Zk7qWvX9mJp2LrTb", "Zk7qWvX9mJp2LrTb", "plugin" };
	struct hc_buf doc HC_BUF_DONE = { 0 };
	const char *c = canary;

	hc_buf_printf(&doc,
		      "{\"container\":{\"id\":\"%s\",\"name\":\"%s\",\"image\":\"%s/%s:%s\",\"labels\":{\"%s\":\"%s\","
		      "\"io.kubernetes.pod.name\":\"%s\"},\"env\":[\"A=%s\"],\"Mounts\":[{\"Source\":\"/home/%s\",\"Destination\":"
		      "\"/%s\"}],\"%s\":[[\"%s\"]],\"ip\":1572395042,\"pin\":8675309,\"rate\":3.14159,\"memory_limit\":536870912},"
		      "\"version\":\"%s\",\"kernel\":\"6.1-%s\",\"reason\":\"%s\","
		      "\"rules\":[\"/home/%s.yaml\"],\"filter\":{\"comm\":\"%s\"},\"threads\":[{\"%s\":\"%s\"}],\"source\":\"%s\","
		      "\"arch\":\"%s\"}",
		      c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c);
	put_event(texty_event(PPME_CONTAINER_JSON_2_E, doc.p, (uint32_t)doc.len + 1));
	cr_assert(!holds("1572395042", 10), "an address as a number");
	cr_assert(!holds("8675309", 7) && !holds("3.14159", 7) && holds("536870912", 9));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct value values[] = { N(0), S(names[i]), B(doc.p, doc.len + 1) };

		put_event(build_event(built, PPME_ASYNCEVENT_E, -1, 1, values, 3));
	}
	cr_assert(!betrayal(canary), "%s", betrayal(canary));
	cr_assert(holds("io.kubernetes.pod.name", 22));
}

Test(redact, broken_json_and_data_of_plugins_are_left_out)
{
	struct value async[] = { N(0), S("container"), S("{\"id\":") }, plugin[] = { N(7), S("whatever") };
	struct hc_event ev = put_event(build_event(built, PPME_ASYNCEVENT_E, -1, 1, async, 3));
	uint32_t len;

	cr_assert_str_eq((const char *)hc_event_param(&ev, 2, &len), "{}");
	ev = put_event(build_event(built, PPME_PLUGINEVENT_E, -1, 1, plugin, 2));
	hc_event_param(&ev, 1, &len);
	cr_assert_eq(len, 0);
	cr_assert_eq(hc_redact_counts(redactor)->opaque, 2);
}

Test(redact, numbers_of_a_wrong_width_are_left_out)
{
	struct value values[] = { B("Zk7qWvX9", 8), N(-100), S("x"), B("Zk7qWvX9m", 9) };
	struct hc_event ev = put_event(build_event(built, PPME_SYSCALL_OPENAT_2_X, 1, 1, values, 4));
	uint32_t len;

	cr_assert_eq(ev.nparams, 4);
	hc_event_param(&ev, 0, &len);
	cr_assert_eq(len, 8, "the fd is a number, whatever it looks like");
	hc_event_param(&ev, 3, &len);
	cr_assert_eq(len, 0);
}

Test(redact, parameters_beyond_the_schema_are_left_out)
{
	struct value values[] = { N(0), N(3) };
	struct hc_event *ev = build_event(built, PPME_SYSCALL_CLOSE_X, 1, 1, values, 2), ret;
	const uint16_t lens[] = { 8, 8, 16 };

	memcpy(built->lens, lens, sizeof lens);
	memcpy(built->data + 16, canary, 16);
	ev->nparams = 3;
	ev->nindexed = 0;
	ret = put_event(ev);
	cr_assert_eq(ret.nparams, 2);
	cr_assert(!betrayal(canary));
}

/* ---- what a text becomes, seen through one parameter ---- */

static const char *redacted(uint16_t type, uint32_t param, const char *text)
{
	static char kept[4][4096];
	static int turn;
	struct hc_event ev = put_event(texty_event(type, text, (uint32_t)strlen(text) + 1));
	uint32_t len;
	const uint8_t *p = hc_event_param(&ev, param, &len);

	turn = (turn + 1) % 4;
	cr_assert(len && !p[len - 1], "no terminator for '%s'", text);
	cr_assert(!memchr(p, 0, len - 1));
	snprintf(kept[turn], sizeof kept[turn], "%s", (const char *)p);
	return kept[turn];
}

static const char *path(const char *text)
{
	return redacted(PPME_SYSCALL_OPENAT_2_X, 2, text);
}

static const char *argument(const char *text)
{
	return redacted(PPME_SYSCALL_FINIT_MODULE_X, 2, text);
}

Test(redact, ordinary_texts_stay)
{
	static const char *const stay[] = { "/etc/passwd", "/usr/lib/x86_64-linux-gnu/libfoo.so.3", "/proc/1234567/environ", "/dev/pts/0",
					    "/var/log/nginx", "../lib/..", "/", ".", "", "<NA>", "/tmp/", "//tmp", "pipe:[12345678]" };
	static const char *const args[] = { "-rf", "--recursive", "-c", "127.0.0.1", "80", "--no-install-recommends", "::1", "grep -v 22" };

	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		cr_assert_str_eq(path(stay[i]), stay[i]);
	for (size_t i = 0; i < sizeof args / sizeof *args; i++)
		cr_assert_str_eq(argument(args[i]), args[i]);
}

Test(redact, what_is_spelled_is_hidden)
{
	static const char *const texts[][2] = {
		{ "s e c r e t", "s e" }, { "s.e.c.r.e.t", "s.e" }, { "echo p,a,s,s", "a,s" }, { "4111 1111 1111 1111", "4111" },
		{ "078 05 1120", "1120" }, { "ping 185.213.136.$i", "185" }, { "grep 10.20.30.", "10.20" }, { "nmap 10.20.30.*", "20.30" },
		{ "5254.1728.3456", "5254" }, { "70 61 73 73 77 6f 72 64", "73" },
		{ "chr(112,97,115,115,119)", "115" }, { "555-123-4567", "555" },
	};
	static const char *const stay[] = { "nmap -p 22,80,443,8080,8443", "sleep 1 2", "1.2.3", "12:34:56", "chmod 0644 a b", "2 1024 600",
					    "127.0.0.1 22 80" };
	static const char strings[] = "echo\0s\0e\0c\0r\0e\0t\0-n\0a\0b";
	struct hc_event ev;
	const struct hc_event_info *info = &hc_event_table[PPME_SYSCALL_EXECVE_19_X];
	uint32_t len;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_assert(!strstr(argument(texts[i][0]), texts[i][1]), "%s became %s", texts[i][0], argument(texts[i][0]));
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		cr_assert_str_eq(argument(stay[i]), stay[i]);
	start(NULL, "- {rule: r, desc: d, priority: INFO, output: o, condition: \"evt.type=open and proc.args in (s, e, r)\"}");
	ev = put_event(texty_event(PPME_SYSCALL_EXECVE_19_X, strings, sizeof strings));
	for (uint32_t i = 0; i < info->nparams; i++) {
		const uint8_t *p = hc_event_param(&ev, i, &len);

		if (strcmp(info->params[i].name, "args"))
			continue;
		cr_assert(!memmem(p, len, "s\0e", 3) && !memmem(p, len, "r\0e", 3));
		cr_assert(memmem(p, len, "echo", 5) && memmem(p, len, "-n\0a\0b", 7));
	}
}

/* Links in /proc lead out of it; below /dev and /sys are names that people gave. */
Test(redact, system_paths_are_only_what_every_system_has)
{
	static const char *const paths[] = { "/proc/self/fd/5/%s", "/proc/1/task/1/fd/3/%s", "/dev/fd/3/%s", "/dev/vg_%s/lv",
					     "/proc/1/root/proc/self/cwd/%s", "/dev/zvol/%s/x", "/dev/input/by-id/usb-%s", "/sys/fs/bpf/%s",
					     "/sys/class/net/%s",
					     "/sys/kernel/config/target/%s", "/sys/devices/virtual/net/%s" };
	static const char *const stay[] = { "/proc/self/fd/5", "/dev/pts/3", "/dev/input/event7", "/sys/kernel/mm/ksm/run", "/dev/sda1" };

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char text[256];

		snprintf(text, sizeof text, paths[i], canary); /* formats are ours */
		path(text);
		cr_assert(!betrayal(canary), "%s", text);
	}
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		cr_assert_str_eq(path(stay[i]), stay[i]);
	cr_assert_str_neq(path("/tmp/x:[12345678]"), "/tmp/x:[12345678]", "no inode");
}

/* Programs write titles over their arguments. */
Test(redact, a_title_is_no_path)
{
	static const char *const titles[] = { "nginx: master process /usr/sbin/nginx -c /srv/%s.conf", "/usr/sbin/sshd %s [priv]",
					      "postgres: %s payroll 10.1.2.3(5432) idle", "sshd: password=%s" };

	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
		char text[256];

		snprintf(text, sizeof text, titles[i], canary); /* formats are ours */
		put_event(texty_event(PPME_SYSCALL_EXECVE_19_X, text, (uint32_t)strlen(text) + 1));
		cr_assert(!betrayal(canary), "%s", text);
	}
}

Test(redact, a_word_is_the_same_everywhere)
{
	char want[128];
	const char *word = path("zelda");

	snprintf(want, sizeof want, "/home/%s/%s.txt", word, word);
	cr_assert_str_eq(path("/home/zelda/zelda.txt"), want);
	snprintf(want, sizeof want, "scp %s@localhost:/srv/%s", word, word);
	cr_assert_str_eq(argument("scp zelda@localhost:/srv/zelda"), want);
	snprintf(want, sizeof want, "-u%s", word);
	cr_assert_str_eq(argument("-uzelda"), want);
}

Test(redact, an_address_in_a_text_is_the_one_of_the_tuple)
{
	const uint8_t tuple[] = { 2, 93, 184, 216, 34, 80, 0, 10, 1, 2, 3, 1, 2 };
	struct value values[] = { N(0), B(tuple, sizeof tuple), N(3), EMPTY };
	struct hc_event ev = put_event(build_event(built, PPME_SOCKET_CONNECT_X, 1, 1, values, 4));
	uint32_t len;
	const uint8_t *p = hc_event_param(&ev, 1, &len);
	char want[128];

	cr_assert_eq(len, sizeof tuple);
	cr_assert(memcmp(p + 1, tuple + 1, 4) && !memcmp(p + 5, tuple + 5, 2) && p[7] == 10);
	snprintf(want, sizeof want, "curl http://%u.%u.%u.%u:8080/ %u.%u.%u.%u", p[1], p[2], p[3], p[4], p[7], p[8], p[9], p[10]);
	cr_assert_str_eq(argument("curl http://93.184.216.34:8080/ 10.1.2.3"), want);
}

Test(redact, addresses_are_found_wherever_they_stand)
{
	static const char *const around[] = {
		"%s", "-%s", "-h%s", "--host=%s", "backup-%s.tar.gz", "scan_%s.xml", "x%s", "%s_x", "%s-x", "%sx", "%s.443", "%s:80",
		"a.%s", "%s.in-addr.arpa", "http%%3A%%2F%%2F%s%%2F", "a%%20%s", "\\%s", "%s\\n", "/usr/share/nmap-%s.xml", "1.%s",
		"%s.1.2", "_%s_", "%s%%eth0", "\303\251%s", "(%s)", "user@%s:/srv", "300.%s",
	};
	static const char *const addresses[][3] = { { "185.213.136.245", "185.213", "136.245" },
						    { "2a02:4570:3921:1234:5678:9876:5432:1357", "4570", "1357" },
						    { "52:54:17:28:34:56", "54:17", "34:56" } };

	for (size_t a = 0; a < sizeof addresses / sizeof *addresses; a++) {
		for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
			char text[256];
			const char *made;

			snprintf(text, sizeof text, around[i], addresses[a][0]); /* formats are ours */
			made = argument(text);
			cr_assert(!strstr(made, addresses[a][1]) && !strstr(made, addresses[a][2]), "%s became %s", text, made);
		}
	}
	cr_assert_str_eq(argument("1.2.3 12:34:56 10.999.1.1 file::copy"), "1.2.3 12:34:56 10.999.1.1 file::copy",
			 "none of them an address");
}

/* Names that are no single word, and those of interfaces. */
Test(redact, listed_names_are_hidden_word_by_word)
{
	struct hc_section s;
	struct hc_user_info *u;

	hc_section_init(&s);
	u = hc_section_add_user(&s);
	u->name = hc_section_str(&s, "test.grep", 9);
	u->home = u->shell = hc_section_str(&s, "/", 1);
	u = hc_section_add_user(&s);
	u->name = hc_section_str(&s, "DOMAIN\\zelda", 12);
	u->home = u->shell = hc_section_str(&s, "/", 1);
	hc_section_add_interface(&s)->name = hc_section_str(&s, "wg-acme", 7);
	s.interfaces[0].type = 1;
	hc_section_add_interface(&s)->name = hc_section_str(&s, "eth0", 4);
	s.interfaces[1].type = 1;
	put_section(&s);
	hc_section_done(&s);
	cr_assert(!strstr(argument("test.grep@localhost"), "test") && !strstr(argument("test.grep@localhost"), "grep"));
	cr_assert(!strstr(path("/sys/class/net/wg-acme/address"), "acme"));
	cr_assert_str_eq(path("/sys/class/net/eth0/address"), "/sys/class/net/eth0/address");
	cr_assert(!strstr(path("/usr/share/zelda.png"), "zelda"), "DOMAIN\\zelda is listed");
}

Test(redact, secrets_behind_their_names_are_hidden_even_if_ordinary)
{
	cr_assert(!strstr(argument("mysql --password=grep -v"), "grep"));
	cr_assert(!strstr(argument("--token grep.sed"), "grep"));
	cr_assert(strstr(argument("mysql --user grep"), "grep"));
	cr_assert(!strstr(argument("--password=/usr/grep"), "grep"), "a password that looks like a path");
	cr_assert(!strstr(argument("curl https://root:grep@localhost/"), "grep"));
	cr_assert(!strstr(argument("Authorization: Bearer grep"), "grep"));
}

static const char ruleset[] =
	"- macro: lure\n  condition: (fd.name contains wolpertinger)\n"
	"- rule: r\n  desc: d\n  priority: INFO\n  output: o\n"
	"  condition: >\n"
	"    evt.type=openat and (lure or fd.name=/srv/elwetritsch/nest or proc.name in (basilisk) or proc.cmdline startswith kobo\n"
	"    or fd.sip=93.184.216.34 or fd.snet=198.41.0.0/24 or proc.env contains NIX or evt.buffer contains klabauter\n"
	"    or fd.name glob '/opt/*/raspel*' or container.id=3ad7b26ded6d or fd.name endswith .gurke)\n";

Test(redact, what_rules_look_for_stays)
{
	static const uint8_t tuple[] = { 2, 93, 184, 216, 34, 80, 0, 198, 41, 0, 4, 1, 2 };
	struct value values[] = { N(0), B(tuple, sizeof tuple), N(3), EMPTY };
	struct hc_event ev;
	uint32_t len;
	const uint8_t *p;

	start(NULL, ruleset);
	cr_assert_str_eq(path("/srv/elwetritsch/nest"), "/srv/elwetritsch/nest");
	cr_assert(strstr(path("/srv/myWolpertingerFarm"), "Wolpertinger"));
	cr_assert(!strstr(path("/srv/myWolpertingerFarm"), "Farm"));
	cr_assert_str_eq(argument("basilisk"), "basilisk");
	cr_assert(!strncmp(argument("kobold"), "kobo", 4));
	cr_assert(!strncmp(strrchr(path("/opt/anyone/raspelkuchen"), '/'), "/raspel", 7));
	cr_assert(!strcmp(strrchr(path("/opt/my.gurke"), '.'), ".gurke"));
	cr_assert(strstr(argument("3ad7b26ded6d8e2f3ad7b26ded6d8e2f3ad7b26ded6d8e2f3ad7b26ded6d8e2f"), "3ad7b26ded6d"));
	ev = put_event(build_event(built, PPME_SOCKET_CONNECT_X, 1, 1, values, 4));
	p = hc_event_param(&ev, 1, &len);
	cr_assert(!memcmp(p + 1, tuple + 1, 4));
	cr_assert(!memcmp(p + 7, tuple + 7, 3));
}

Test(redact, of_dropped_values_only_what_rules_look_for_stays)
{
	struct value write[] = { N(30), S("xx klabauter yy zz"), N(3), N(30) };
	const struct hc_event_info *info = &hc_event_table[PPME_SYSCALL_EXECVE_19_X];
	struct hc_event ev;
	const uint8_t *p;
	uint32_t len;

	start(NULL, ruleset);
	ev = put_event(build_event(built, PPME_SYSCALL_WRITE_X, 1, 1, write, 4));
	p = hc_event_param(&ev, 1, &len);
	cr_assert_eq(len, write[1].len);
	cr_assert(!memcmp(p, "...klabauter......", 18));
	ev = put_event(texty_event(PPME_SYSCALL_EXECVE_19_X, "HOME=/home/zelda\0MYNIX=zelda\0A=1\0", 33));
	for (uint32_t i = 0; i < info->nparams; i++) {
		if (strcmp(info->params[i].name, "env"))
			continue;
		p = hc_event_param(&ev, i, &len);
		cr_assert(len && memmem(p, len, "NIX", 3) && !memmem(p, len, "zelda", 5) && !memmem(p, len, "HOME", 4));
		cr_assert_eq(strlen((const char *)p) + 1, len, "one entry is left");
	}
}

Test(redact, policies_are_obeyed)
{
	start("classes: {args: keep, ip: keep, path: mask, buffer: mask}\nkeep: [zelda]\nsecret: [grep]\n"
	      "patterns: [{match: 'proj-[0-9]+', action: mask}]\n", NULL);
	cr_assert_str_eq(argument("anything 93.184.216.34"), "anything 93.184.216.34");
	cr_assert(!strstr(argument("grep"), "grep"));
	cr_assert_str_eq(argument("proj-17"), "x");
	cr_assert_str_eq(path("/srv/secretplan/zelda"), "/srv/x/zelda");
}

Test(redact, another_key_gives_other_pseudonyms)
{
	struct hc_redact_options o = { .policy = &policy, .key = "another key, of nobody", .key_len = 22 };
	char first[64];

	snprintf(first, sizeof first, "%s", path("zelda"));
	hc_redactor_free(redactor);
	redactor = hc_redactor_new(&o);
	cr_assert_str_neq(path("zelda"), first);
}

Test(redact, the_ledger_tells_what_was_done_and_not_the_key)
{
	struct hc_event ev;
	const char *data;
	uint32_t len;

	path("/home/zelda");
	hc_redact_ledger(redactor, 17, &ev);
	cr_assert_eq(ev.type, PPME_ASYNCEVENT_E);
	cr_assert_eq(ev.ts_ns, 17);
	cr_assert_str_eq((const char *)hc_event_param(&ev, 1, &len), "hindcast.redact");
	data = (const char *)hc_event_param(&ev, 2, &len);
	cr_assert(strstr(data, "\"env\":\"drop\"") && strstr(data, "\"user\":{\"values\":1,\"bytes\":5}"), "%s", data);
	cr_assert(!strstr(data, "tests"));
}

/* Lengths beyond the format's are cut, and at a word's end. */
Test(redact, values_that_grow_too_long_lose_their_end)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_event ev;
	uint32_t len;
	const uint8_t *p;

	for (int i = 0; i < 1200; i++)
		hc_buf_printf(&b, "q%c ", 'a' + i % 26);
	ev = put_event(texty_event(PPME_SYSCALL_FINIT_MODULE_X, b.p, (uint32_t)b.len + 1));
	p = hc_event_param(&ev, 2, &len);
	cr_assert_leq(len, 4096);
	cr_assert_eq(p[len - 1], 0);
	cr_assert_eq(hc_redact_counts(redactor)->cut, 1);
}
