/* SPDX-License-Identifier: Apache-2.0
 *
 * The lists at the beginning of a section. Its users, groups and host names are learnt first: they are secrets wherever
 * they turn up.
 */
#include "samples/redact-internal.h"

#include <string.h>

/* Beyond these the writer would cut amid a word (scap-format.md 5, 6, 8). */
enum { PATH_LIMIT = 1023, STRINGS_LIMIT = 4096, USER_LIMIT = 255, HOSTNAME_LIMIT = 127 };

static void learn(struct hc_redactor *r, const struct hc_section *in)
{
	hc_redact_forget(r);
	hc_redact_know(r, hc_str(in->machine.hostname), HC_REDACT_HOST, true);
	/* eth0 is nobody's name */
	for (uint32_t i = 0; i < in->ninterfaces; i++)
		hc_redact_know(r, in->interfaces[i].name, HC_REDACT_HOST, false);
	for (uint32_t i = 0; i < in->nusers; i++) {
		const struct hc_user_info *u = &in->users[i];

		hc_redact_know(r, u->name, HC_REDACT_USER, true);
		/* the home of an account every system has is a folder every system has */
		if (!u->name.len || !hc_strmap_get(&r->accounts, u->name))
			hc_redact_know_home(r, u->home);
	}
	for (uint32_t i = 0; i < in->ngroups; i++)
		hc_redact_know(r, in->groups[i].name, HC_REDACT_USER, true);
}

/* What was put together in r->text, at most max bytes of it: cut at a word's end. */
static struct hc_str take(struct hc_redactor *r, uint32_t max)
{
	struct hc_buf *b = &r->text;

	if (b->len > max) {
		size_t end = max;

		while (end && hc_is_word_byte((uint8_t)b->p[end]) && hc_is_word_byte((uint8_t)b->p[end - 1]))
			end--;
		b->len = end;
		r->counts.cut++;
	}
	return hc_section_str(&r->section, b->p, b->len);
}

static struct hc_str text(struct hc_redactor *r, enum hc_redact_class class, struct hc_str s, unsigned mode, uint32_t max)
{
	hc_buf_reset(&r->text);
	/* a NUL amid a text would come out as part of a word */
	if (s.len)
		s.len = (uint32_t)strnlen(s.p, s.len);
	hc_redact_text(r, &r->text, class, s, mode);
	return take(r, max);
}

static struct hc_str path(struct hc_redactor *r, enum hc_redact_class class, struct hc_str s, uint32_t max)
{
	hc_buf_reset(&r->text);
	if (s.len)
		s.len = (uint32_t)strnlen(s.p, s.len);
	hc_redact_path(r, &r->text, class, s);
	return take(r, max);
}

static struct hc_str strings(struct hc_redactor *r, enum hc_redact_class class, struct hc_str s)
{
	struct hc_str cut;

	hc_buf_reset(&r->text);
	if (class == HC_REDACT_ENV)
		hc_redact_env(r, &r->text, s);
	else if (r->policy->action[class] != HC_REDACT_DROP)
		hc_redact_strings(r, &r->text, class, s, class == HC_REDACT_CONTAINER ? HC_REDACT_CGROUP : 0);
	else if (s.len) {
		r->counts.values[class]++;
		r->counts.bytes[class] += s.len;
	}
	cut = take(r, STRINGS_LIMIT - 1);
	if (cut.len && cut.p[cut.len - 1]) {
		hc_buf_putc(&r->text, '\0');
		cut = hc_section_str(&r->section, r->text.p, r->text.len);
	}
	return cut;
}

static void put_threads(struct hc_redactor *r, const struct hc_section *in)
{
	for (uint32_t i = 0; i < in->nthreads; i++) {
		struct hc_thread_info *t = hc_section_add_thread(&r->section);

		*t = in->threads[i];
		t->comm = path(r, HC_REDACT_COMMAND, t->comm, PATH_LIMIT);
		t->exe = path(r, HC_REDACT_COMMAND, t->exe, PATH_LIMIT);
		t->exepath = path(r, HC_REDACT_PATH, t->exepath, PATH_LIMIT);
		t->cwd = path(r, HC_REDACT_PATH, t->cwd, PATH_LIMIT);
		t->root = path(r, HC_REDACT_PATH, t->root, PATH_LIMIT);
		t->args = strings(r, HC_REDACT_ARGS, t->args);
		t->env = strings(r, HC_REDACT_ENV, t->env);
		t->cgroups = strings(r, HC_REDACT_CONTAINER, t->cgroups);
	}
}

static bool is_ipv6(uint8_t type)
{
	return type == HC_FD_IPV6_SOCK || type == HC_FD_IPV6_SERVSOCK;
}

static void put_fds(struct hc_redactor *r, const struct hc_section *in)
{
	for (uint32_t i = 0; i < in->nfds; i++) {
		struct hc_fd_info *f = hc_section_add_fd(&r->section);
		uint32_t ip;

		*f = in->fds[i];
		ip = is_ipv6(f->type) ? 16 : 4;
		f->name = path(r, HC_REDACT_PATH, f->name, PATH_LIMIT);
		f->unix_source = hc_pseudonym_address(&r->pseudonyms, f->unix_source);
		f->unix_dest = hc_pseudonym_address(&r->pseudonyms, f->unix_dest);
		memset(f->sip, 0, sizeof f->sip);
		memset(f->dip, 0, sizeof f->dip);
		hc_redact_ip(r, in->fds[i].sip, ip, f->sip);
		if (f->type == HC_FD_IPV4_SOCK || f->type == HC_FD_IPV6_SOCK)
			hc_redact_ip(r, in->fds[i].dip, ip, f->dip);
	}
}

/* The last address of the interface's net becomes the last one of the net it has now. */
static void put_broadcast(struct hc_redactor *r, const struct hc_interface *in, uint32_t len, struct hc_interface *out)
{
	bool last = true;

	for (uint32_t k = 0; k < len; k++)
		last &= in->broadcast[k] == (uint8_t)(in->addr[k] | ~in->netmask[k]);
	hc_redact_ip(r, in->broadcast, len, out->broadcast);
	for (uint32_t k = 0; last && k < len; k++)
		out->broadcast[k] = (uint8_t)(out->addr[k] | ~in->netmask[k]);
}

static void put_interfaces(struct hc_redactor *r, const struct hc_section *in)
{
	for (uint32_t i = 0; i < in->ninterfaces; i++) {
		struct hc_interface *f = hc_section_add_interface(&r->section);
		const struct hc_interface *was = &in->interfaces[i];
		uint32_t len = was->type & 1 ? 4 : 16;

		*f = (struct hc_interface){ .type = was->type, .linkspeed = was->linkspeed };
		memcpy(f->netmask, was->netmask, len);
		hc_redact_ip(r, was->addr, len, f->addr);
		put_broadcast(r, was, len, f);
		f->name = text(r, HC_REDACT_HOST, was->name, HC_REDACT_ORDINARY, PATH_LIMIT);
	}
}

static void put_users(struct hc_redactor *r, const struct hc_section *in)
{
	for (uint32_t i = 0; i < in->nusers; i++) {
		struct hc_user_info *u = hc_section_add_user(&r->section);

		*u = in->users[i];
		u->name = text(r, HC_REDACT_USER, u->name, 0, USER_LIMIT);
		u->home = path(r, HC_REDACT_PATH, u->home, USER_LIMIT);
		u->shell = path(r, HC_REDACT_PATH, u->shell, USER_LIMIT);
	}
	for (uint32_t i = 0; i < in->ngroups; i++) {
		struct hc_group_info *g = hc_section_add_group(&r->section);

		*g = in->groups[i];
		g->name = text(r, HC_REDACT_USER, g->name, 0, USER_LIMIT);
	}
}

const struct hc_section *hc_redact_section(struct hc_redactor *r, const struct hc_section *in)
{
	struct hc_str hostname;

	hc_section_done(&r->section);
	hc_section_init(&r->section);
	learn(r, in);
	r->section.format_major = in->format_major;
	r->section.format_minor = in->format_minor;
	r->section.has_machine = in->has_machine;
	r->section.machine = in->machine;
	memset(r->section.machine.hostname, 0, sizeof r->section.machine.hostname);
	hostname = text(r, HC_REDACT_HOST, hc_str(in->machine.hostname), 0, HOSTNAME_LIMIT);
	if (hostname.len)
		memcpy(r->section.machine.hostname, hostname.p, hostname.len);
	put_threads(r, in);
	put_fds(r, in);
	put_interfaces(r, in);
	put_users(r, in);
	return &r->section;
}
