/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts: what is between words stays, words, addresses and paths go through their classes. One scanner for everything,
 * so that a word comes out the same in a path, an argument, a control group and a JSON document.
 */
#include "samples/redact-internal.h"

#include <arpa/inet.h>
#include <string.h>

#include "samples/text-address.h"

enum {
	FLAG_LETTERS = 3, /* -rfv: letters behind one dash that are flags; in longer ones only the first is */
};

/* A text being read. */
struct scan {
	struct hc_redactor *r;
	struct hc_buf *out;
	enum hc_redact_class class;
	const char *p;
	uint32_t n, i;
	unsigned mode;    /* enum hc_redact_mode */
	bool after_key;   /* the word before is the key of a secret; only separators since */
	bool secret;      /* up to the next blank everything is one */
	bool spelled;     /* the text is a part of what is spelled: rules that name a letter do not mean this one */
};

static void count(struct hc_redactor *r, enum hc_redact_class class, uint64_t bytes)
{
	r->counts.values[class]++;
	r->counts.bytes[class] += bytes;
}

/* ---- words ---- */

static enum hc_redact_action action_of(const struct scan *s, const struct hc_redact_word *w, enum hc_redact_class *ret_class)
{
	const struct hc_policy *policy = s->r->policy;
	bool names = s->class == HC_REDACT_USER || s->class == HC_REDACT_HOST, ordinary;
	enum hc_redact_action action;

	*ret_class = s->class;
	if (w->action >= 0)
		return (enum hc_redact_action)w->action;
	if (w->named && !s->spelled) {
		s->r->counts.named++;
		return HC_REDACT_KEEP;
	}
	/* a user whose name is an ordinary word is still the program of that name among system files */
	if (w->known >= 0 && !(s->class == HC_REDACT_PATH_SYSTEM && w->ordinary)) {
		*ret_class = (enum hc_redact_class)w->known;
		return policy->action[w->known];
	}
	action = policy->action[s->class];
	if (s->class == HC_REDACT_PATH_SYSTEM && w->holds >= 0 && action == HC_REDACT_KEEP) {
		*ret_class = (enum hc_redact_class)w->holds;
		return policy->action[w->holds];
	}
	if (s->secret) { /* a password that looks like a path is none */
		if (action == HC_REDACT_KEEP)
			*ret_class = HC_REDACT_ARGS;
		return policy->action[*ret_class];
	}
	if (action == HC_REDACT_KEEP)
		return action;
	ordinary = names && !(s->mode & HC_REDACT_ORDINARY) ? (s->class == HC_REDACT_USER ? w->account : w->host) : w->ordinary;
	return ordinary ? HC_REDACT_KEEP : action;
}

/* Texts where a secret follows its name. /etc/passwd is just a file. */
static bool has_secrets(const struct scan *s)
{
	return s->class == HC_REDACT_ARGS || s->class == HC_REDACT_ENV || s->class == HC_REDACT_CONTAINER ||
	       s->class == HC_REDACT_COMMAND; /* titles that programs give themselves */
}

static void put_word(struct scan *s, struct hc_str word)
{
	const struct hc_redact_word *w = hc_redact_word(s->r, word);
	enum hc_redact_class class;
	enum hc_redact_action action = action_of(s, w, &class);
	struct hc_str to = action == HC_REDACT_KEEP ? word : action == HC_REDACT_PSEUDONYM ? w->pseudonym : w->mask;

	s->after_key = w->secret_key && has_secrets(s);
	hc_buf_put(s->out, to.p, to.len);
	if (action != HC_REDACT_KEEP)
		count(s->r, class, word.len);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word_byte(const struct scan *s, uint32_t i)
{
	return hc_is_word_byte((uint8_t)s->p[i]) && !(s->p[i] == '\\' && s->mode & HC_REDACT_CGROUP);
}

/* Are all parts between dashes ordinary or named? Then the option they make up is. */
static bool put_long_option(struct scan *s, struct hc_str word)
{
	if (!s->r->policy->ordinary || !memchr(word.p, '-', word.len))
		return false;
	for (uint32_t i = 0, k; i < word.len; i = k + 1) {
		const struct hc_redact_word *w;

		for (k = i; k < word.len && word.p[k] != '-'; k++)
			;
		if (k == i)
			return false;
		w = hc_redact_word(s->r, (struct hc_str){ word.p + i, k - i });
		if (w->action >= HC_REDACT_PSEUDONYM || w->known >= 0 || (!w->ordinary && !w->named))
			return false;
	}
	hc_buf_put(s->out, word.p, word.len);
	s->after_key = hc_redact_word(s->r, word)->secret_key && has_secrets(s);
	return true;
}

/* Letters behind one dash. True: done; else what is left of *word is a word of its own. */
static bool put_flags(struct scan *s, struct hc_str *word)
{
	uint32_t letters = 0;
	const struct hc_redact_word *w;

	while (letters < word->len && is_letter(word->p[letters]))
		letters++;
	if (letters == word->len && letters <= FLAG_LETTERS) {
		hc_buf_put(s->out, word->p, word->len);
		return true;
	}
	w = hc_redact_word(s->r, *word);
	if (!letters || w->named || w->ordinary || w->known >= 0 || w->action >= 0)
		return false;
	hc_buf_putc(s->out, word->p[0]);
	word->p++;
	word->len--;
	return false;
}

/* The number in pipe:[123456], which is no secret and which pipes are told apart by. */
static bool is_inode(const struct scan *s, struct hc_str word)
{
	const char *end = word.p + word.len;

	if (s->class != HC_REDACT_PATH || word.p - s->p < 3 || memcmp(word.p - 2, ":[", 2) || end + 1 != s->p + s->n || *end != ']')
		return false;
	for (const char *p = s->p; p < word.p - 2; p++)
		if (!is_letter(*p) && *p != '_')
			return false;
	for (uint32_t i = 0; i < word.len; i++)
		if (word.p[i] < '0' || word.p[i] > '9')
			return false;
	return true;
}

/* A word with the dashes in front of it. */
static void scan_word(struct scan *s)
{
	bool alone = !s->i || strchr(" \t\n\"'=,(`", s->p[s->i - 1]) != NULL;
	uint32_t dashes = 0, end, address;
	struct hc_str word;

	while (s->i + dashes < s->n && s->p[s->i + dashes] == '-')
		dashes++;
	hc_buf_put(s->out, s->p + s->i, dashes);
	s->i += dashes;
	for (end = s->i; end < s->n && is_word_byte(s, end); end++)
		;
	/* the address at its end is none of it, nor what joins them */
	address = hc_text_address_in((struct hc_str){ s->p, s->n }, s->i, end);
	while (address < end && address > s->i + 1 && (s->p[address - 1] == '-' || s->p[address - 1] == '_'))
		address--;
	end = address;
	word = (struct hc_str){ s->p + s->i, end - s->i };
	/* https://user:password@host */
	s->after_key |= s->i > 0 && s->p[s->i - 1] == ':' && end < s->n && s->p[end] == '@' && has_secrets(s);
	s->secret |= s->after_key && !dashes;
	s->i = end;
	if (!word.len)
		return;
	if (s->mode & HC_REDACT_CGROUP && word.len > 3 && !memcmp(word.p, "x2d", 3) && word.p > s->p && word.p[-1] == '\\') {
		hc_buf_put(s->out, "x2d", 3); /* systemd's dash */
		word.p += 3;
		word.len -= 3;
	} else if (alone && !s->secret && s->r->policy->action[s->class] == HC_REDACT_PSEUDONYM &&
		   ((dashes == 2 && put_long_option(s, word)) || (dashes == 1 && put_flags(s, &word)))) {
		return;
	}
	if (is_inode(s, word))
		hc_buf_put(s->out, word.p, word.len);
	else if (word.len)
		put_word(s, word);
}

/* ---- addresses ---- */

void hc_redact_ip(struct hc_redactor *r, const uint8_t *addr, uint32_t len, uint8_t *ret)
{
	uint8_t in[16];

	memcpy(in, addr, len);
	switch (r->policy->action[HC_REDACT_IP]) {
	case HC_REDACT_KEEP:
		memcpy(ret, in, len);
		return;
	case HC_REDACT_PSEUDONYM:
		hc_pseudonym_ip(&r->pseudonyms, in, len, ret);
		break;
	default:
		hc_pseudonym_ip_mask(&r->pseudonyms, in, len, ret);
	}
	if (memcmp(in, ret, len))
		count(r, HC_REDACT_IP, len);
}

static void put_ip(struct scan *s, int family, const uint8_t *addr, uint32_t end)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t to[16];

	hc_redact_ip(s->r, addr, family == AF_INET ? 4 : 16, to);
	if (s->r->policy->action[HC_REDACT_IP] == HC_REDACT_KEEP)
		hc_buf_put(s->out, s->p + s->i, end - s->i);
	else
		hc_buf_puts(s->out, inet_ntop(family, to, text, sizeof text));
	s->after_key = false;
}

/* What has no bytes of its own is a word, and no ordinary one: parts of it would be too short to be hidden. */
static void put_as_word(struct scan *s, enum hc_redact_class class, uint32_t end)
{
	struct scan as = *s;

	as.class = class;
	as.mode = 0;
	put_word(&as, (struct hc_str){ s->p + s->i, end - s->i });
	s->after_key = false;
}

static bool scan_address(struct scan *s)
{
	struct hc_text_address found;

	if (!hc_text_address_at((struct hc_str){ s->p, s->n }, s->i, &found))
		return false;
	if (found.kind == HC_TEXT_MAC || found.kind == HC_TEXT_NUMBERS)
		put_as_word(s, found.kind == HC_TEXT_MAC ? HC_REDACT_HOST : HC_REDACT_IP, found.end);
	else
		put_ip(s, found.kind == HC_TEXT_IPV4 ? AF_INET : AF_INET6, found.addr, found.end);
	s->i = found.end;
	return true;
}

/* ---- what is spelled ---- */

enum { RUN_LETTERS = 4, RUN_NUMBERS = 3, RUN_DIGITS = 9, GAP_MAX = 2 };
enum { RUN_MAX = 256 }; /* words that tell nothing so far: every one of them is looked at as the first, too */

/* Words that would stay one by one but not together. */
struct run {
	uint32_t items, letters, digits;
	bool named; /* rules name all of them */
	bool ports; /* a number is too large for a byte */
	bool list;  /* there are commas between */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A single letter, a short number or a byte in hexadecimal that is a word by itself: its length, else 0. */
static uint32_t item_at(const struct scan *s, uint32_t i)
{
	uint32_t k = i, digits = 0;

	while (k < s->n && is_word_byte(s, k))
		digits += is_digit(s->p[k++]);
	return k == i + 1 || (digits == k - i && digits <= NUMBER_DIGITS) || (k == i + 2 && is_hex(s->p[i]) && is_hex(s->p[i + 1])) ?
		k - i : 0;
}

static void add_item(struct run *run, struct hc_redactor *r, const char *p, uint32_t len)
{
	run->named = (!run->items || run->named) && hc_redact_word(r, (struct hc_str){ p, len })->named;
	run->items++;
	if (len > 1 || is_digit(*p))
		run->digits += len;
	else
		run->letters++;
	run->ports |= len > 3 || (len == 3 && memcmp(p, "255", 3) > 0);
}

static bool tells(const struct run *run)
{
	if (run->named || (run->list && run->ports))
		return false;
	return run->letters >= RUN_LETTERS || (run->items >= RUN_NUMBERS && run->digits >= RUN_DIGITS);
}

/* s.e.c.r.e.t, 4111 1111 1111 1111, 70 61 73 73, 10.20.30.*: where it ends, or 0. */
static uint32_t run_ends(const struct scan *s)
{
	struct hc_text_address address;
	struct run run = { 0 };
	uint32_t end = s->i, k = s->i, gap = 0, len;
	bool wild;

	if (s->i && is_word_byte(s, s->i - 1))
		return 0;
	while ((len = item_at(s, k)) && !hc_text_address_at((struct hc_str){ s->p, s->n }, k, &address)) {
		uint32_t width = 0;

		add_item(&run, s->r, s->p + k, len);
		end = k + len;
		if (run.items >= RUN_MAX && !tells(&run))
			return 0;
		while (width <= GAP_MAX && end + width < s->n && !is_word_byte(s, end + width))
			width++;
		if (!width || width > GAP_MAX || end + width == s->n)
			break;
		if (run.items == 1)
			gap = width;
		else if (width != gap || memcmp(s->p + end, s->p + k - gap, gap))
			break;
		run.list |= s->p[end] == ',';
		k = end + width;
	}
	/* the beginning of addresses, the rest of which is a wildcard */
	wild = run.items == RUN_NUMBERS && !run.letters && !run.named && gap == 1 && s->p[k - 1] == '.' && end < s->n && s->p[end] == '.' &&
	       (end + 1 == s->n || strchr("*?$[{", s->p[end + 1]));
	return wild || tells(&run) ? end : 0;
}

static bool scan_run(struct scan *s)
{
	uint32_t end;

	if (s->r->policy->action[s->class] == HC_REDACT_KEEP || !s->r->policy->ordinary || s->secret)
		return false;
	end = run_ends(s);
	if (!end)
		return false;
	put_as_word(s, s->class, end);
	s->i = end;
	return true;
}

/* ---- paths ---- */

static bool under(struct hc_str path, const char *folder)
{
	uint32_t n = (uint32_t)strlen(folder);

	return path.len >= n && !memcmp(path.p, folder, n) && (path.len == n || path.p[n] == '/');
}

/* Devices below /dev: what drivers name, not volume groups and pools, nor links with the names of disks and their owners. */
static bool is_device(struct hc_str path)
{
	static const char *const folders[] = { "/dev/pts", "/dev/input", "/dev/snd", "/dev/dri", "/dev/net", "/dev/cpu", "/dev/bus",
					       "/dev/block", "/dev/char", "/dev/vfio", "/dev/fd" };

	if (path.len < 6 || !memchr(path.p + 5, '/', path.len - 5))
		return true;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (under(path, folders[i]))
			return !memmem(path.p, path.len, "/by-", 4);
	return false;
}

/* Files that are the same on other hosts. A path with `..` may lead anywhere. */
static bool is_system(struct hc_str path)
{
	static const char *const in[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sys", "/dev",
					  "/boot" };
	static const char *const out[] = { "/usr/local", "/usr/home", "/sys/fs/cgroup", "/sys/fs/bpf", "/sys/kernel/config",
					   "/sys/class/net", "/sys/class/block", "/sys/devices/virtual", "/dev/shm", "/dev/mqueue",
					   "/dev/hugepages", "/dev/mapper", "/dev/disk" };

	for (uint32_t i = 0; i + 2 < path.len; i++)
		if (!memcmp(path.p + i, "/..", 3) && (i + 3 == path.len || path.p[i + 3] == '/'))
			return false;
	for (size_t i = 0; i < sizeof out / sizeof *out; i++)
		if (under(path, out[i]))
			return false;
	for (size_t i = 0; i < sizeof in / sizeof *in; i++)
		if (under(path, in[i]))
			return !under(path, "/dev") || is_device(path);
	return false;
}

/* Length of the part of a path up to a link of /proc behind which any file of the host may be named (root/, cwd/, fd/N/); else 0. */
static uint32_t through_proc(struct hc_str path)
{
	static const char *const links[] = { "/root", "/cwd", "/fd" };

	if (!under(path, "/proc") && !under(path, "/dev/fd"))
		return 0;
	for (uint32_t i = 4; i < path.len; i++)
		for (size_t k = 0; k < sizeof links / sizeof *links; k++) {
			uint32_t end = i + (uint32_t)strlen(links[k]);

			if (end >= path.len || memcmp(path.p + i, links[k], end - i) || path.p[end] != '/')
				continue;
			while (k == 2 && ++end < path.len && path.p[end] >= '0' && path.p[end] <= '9')
				;
			if (end + 1 < path.len && path.p[end] == '/')
				return end;
		}
	return 0;
}

static void scan_text(struct scan *s);

static void scan_part(struct scan *s, enum hc_redact_class class, struct hc_str part, unsigned mode)
{
	struct scan as = { s->r, s->out, class, part.p, part.len, 0, mode | (s->mode & HC_REDACT_CGROUP), s->after_key, s->secret,
			   s->spelled };

	scan_text(&as);
	s->after_key = as.after_key;
}

/* Length of a folder of home folders that path lies below, with the slash behind it; 0: none. */
static uint32_t homes_folder(struct hc_redactor *r, struct hc_str path)
{
	const struct hc_policy *policy = r->policy;

	if (under(path, "/home") && path.len > 6)
		return 6;
	for (uint32_t i = 0; i < policy->nhomes; i++) {
		struct hc_str h = policy->homes[i];

		if (path.len > h.len + 1 && path.p[h.len] == '/' && !memcmp(path.p, h.p, h.len))
			return h.len + 1;
	}
	return 0;
}

/* Length of the home folder path is or lies in; 0: none. */
static uint32_t home_folder(struct hc_redactor *r, struct hc_str path)
{
	uint32_t best = under(path, "/root") ? 5 : 0;

	for (uint32_t i = 0; i < r->nhomes; i++) {
		struct hc_str h = r->homes[i];

		if (h.len > best && path.len >= h.len && !memcmp(path.p, h.p, h.len) && (path.len == h.len || path.p[h.len] == '/'))
			best = h.len;
	}
	return best;
}

static void put_path(struct scan *s, struct hc_str path)
{
	uint32_t n, folder, home;

	while ((n = through_proc(path))) {
		scan_part(s, HC_REDACT_PATH_SYSTEM, (struct hc_str){ path.p, n }, 0);
		path.p += n;
		path.len -= n;
	}
	if (is_system(path)) {
		/* no package has files with blanks in their names */
		const char *blank = memchr(path.p, ' ', path.len);

		n = blank ? (uint32_t)(blank - path.p) : path.len;
		scan_part(s, HC_REDACT_PATH_SYSTEM, (struct hc_str){ path.p, n }, 0);
		scan_part(s, HC_REDACT_PATH, (struct hc_str){ path.p + n, path.len - n }, 0);
		return;
	}
	folder = homes_folder(s->r, path);
	if (folder) {
		uint32_t end = folder;

		while (end < path.len && path.p[end] != '/')
			end++;
		scan_part(s, HC_REDACT_PATH, (struct hc_str){ path.p, folder }, 0);
		scan_part(s, HC_REDACT_USER, (struct hc_str){ path.p + folder, end - folder }, 0);
		scan_part(s, HC_REDACT_PATH_HOME, (struct hc_str){ path.p + end, path.len - end }, 0);
		return;
	}
	home = home_folder(s->r, path);
	scan_part(s, HC_REDACT_PATH, (struct hc_str){ path.p, home }, 0);
	scan_part(s, home ? HC_REDACT_PATH_HOME : HC_REDACT_PATH, (struct hc_str){ path.p + home, path.len - home }, 0);
}

/* Does a path begin here? Not inside one, and not behind the slash of a URL. */
static bool path_begins(const struct scan *s)
{
	if (s->p[s->i] != '/' || s->class == HC_REDACT_PATH || s->class == HC_REDACT_PATH_HOME || s->class == HC_REDACT_PATH_SYSTEM ||
	    s->class == HC_REDACT_USER)
		return false;
	if (s->i + 1 >= s->n || s->p[s->i + 1] == '/')
		return false;
	return !s->i || strchr(" \t\n=:,;\"'`([{<>|&!", s->p[s->i - 1]);
}

static uint32_t path_ends(const struct scan *s)
{
	const struct hc_str text = { s->p, s->n };
	struct hc_text_address found;
	uint32_t k = s->i, at;

	if (s->mode & HC_REDACT_WHOLE_PATH)
		return s->n;
	for (;;) {
		while (k < s->n && s->p[k] && s->p[k] != '\\' && s->p[k] != '%' && (is_word_byte(s, k) || strchr("/.+@~", s->p[k])))
			k++;
		/* the colons of an address do not end it */
		at = hc_text_address_in(text, s->i, k);
		if (at == k || !hc_text_address_at(text, at, &found) || found.end <= k)
			return k;
		k = found.end;
	}
}

/* ---- texts ---- */

static void scan_text(struct scan *s)
{
	while (s->i < s->n) {
		char c = s->p[s->i];

		if (path_begins(s)) {
			struct hc_str path = { s->p + s->i, path_ends(s) - s->i };

			s->secret |= s->after_key;
			put_path(s, path);
			s->i += path.len;
		} else if (scan_address(s) || scan_run(s)) {
			continue;
		} else if (is_word_byte(s, s->i)) {
			/* -p and --user are no secrets, even where one is expected */
			s->secret |= s->after_key && c != '-';
			scan_word(s);
		} else {
			if (c == ' ' || c == '\t' || c == '\n')
				s->secret = false;
			hc_buf_putc(s->out, c);
			s->i++;
		}
	}
}

void hc_redact_text(struct hc_redactor *r, struct hc_buf *out, enum hc_redact_class class, struct hc_str text, unsigned mode)
{
	struct scan s = { r, out, class, text.p, text.len, 0, mode, false, false, false };

	scan_text(&s);
}

/* How many of these strings spell something together, one letter or number each; 0 if they are too few. */
static uint32_t spelled_strings(const struct scan *s, struct hc_str text)
{
	struct run run = { 0 };
	uint32_t used = 0;

	if (s->r->policy->action[s->class] == HC_REDACT_KEEP || !s->r->policy->ordinary)
		return 0;
	while (used < text.len) {
		const uint32_t len = (uint32_t)strnlen(text.p + used, text.len - used);
		const struct scan one = { .p = text.p + used, .n = len, .mode = s->mode };

		if (!len || item_at(&one, 0) != len)
			break;
		add_item(&run, s->r, one.p, len);
		used += len + 1;
	}
	return tells(&run) ? run.items : 0;
}

void hc_redact_strings(struct hc_redactor *r, struct hc_buf *out, enum hc_redact_class class, struct hc_str text, unsigned mode)
{
	bool after_key = false;
	uint32_t spelled = 0;

	while (text.len) {
		const char *nul = memchr(text.p, 0, text.len);
		uint32_t len = nul ? (uint32_t)(nul - text.p) : text.len;
		struct scan s = { r, out, class, text.p, len, 0, mode, after_key, false, false };

		if (!spelled)
			spelled = spelled_strings(&s, text);
		s.secret = s.spelled = spelled && spelled--;
		scan_text(&s);
		hc_buf_putc(out, '\0');
		after_key = s.after_key;
		text.p += len + (nul != NULL);
		text.len -= len + (nul != NULL);
	}
}

void hc_redact_path(struct hc_redactor *r, struct hc_buf *out, enum hc_redact_class class, struct hc_str text)
{
	/* programs write titles over their names: nginx: master process /usr/sbin/nginx -c /srv/x.conf */
	bool title = class == HC_REDACT_COMMAND && text.len && memchr(text.p, ' ', text.len);
	struct scan s = { r, out, class, text.p, text.len, 0, title ? 0 : HC_REDACT_WHOLE_PATH, false, false, false };

	if (text.len && text.p[0] == '/' && !title)
		put_path(&s, text);
	else
		scan_text(&s);
}

/* ---- environments and buffers: dropped unless rules look for something in them ---- */

static uint8_t folded(char c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static const char *find(const char *p, uint32_t n, struct hc_str what)
{
	for (uint32_t i = 0, k; i + what.len <= n; i++) {
		for (k = 0; k < what.len && folded(p[i + k]) == folded(what.p[k]); k++)
			;
		if (k == what.len)
			return p + i;
	}
	return NULL;
}

static bool looked_for(const struct hc_str *list, uint32_t n, struct hc_str s)
{
	for (uint32_t i = 0; i < n; i++)
		if (find(s.p, s.len, list[i]))
			return true;
	return false;
}

void hc_redact_env(struct hc_redactor *r, struct hc_buf *out, struct hc_str text)
{
	bool drop = r->policy->action[HC_REDACT_ENV] == HC_REDACT_DROP;

	while (text.len) {
		const char *nul = memchr(text.p, 0, text.len);
		uint32_t len = nul ? (uint32_t)(nul - text.p) : text.len, whole = len + (nul != NULL);
		struct hc_str entry = { text.p, len };

		text.p += whole;
		text.len -= whole;
		if (!drop || looked_for(r->rules.env, r->rules.nenv, entry)) {
			struct scan s = { r, out, HC_REDACT_ENV, entry.p, entry.len, 0, 0, false, false, false };

			scan_text(&s);
			hc_buf_putc(out, '\0');
		} else {
			count(r, HC_REDACT_ENV, entry.len);
		}
	}
}

void hc_redact_buffer(struct hc_redactor *r, struct hc_buf *out, struct hc_str s)
{
	size_t start = out->len;

	if (r->policy->action[HC_REDACT_BUFFER] == HC_REDACT_KEEP) {
		hc_buf_put(out, s.p, s.len);
		return;
	}
	if (!s.len)
		return;
	count(r, HC_REDACT_BUFFER, s.len);
	if (r->policy->action[HC_REDACT_BUFFER] == HC_REDACT_DROP && !looked_for(r->rules.buffer, r->rules.nbuffer, s))
		return;
	memset(hc_buf_room(out, s.len), '.', s.len);
	out->len += s.len;
	for (uint32_t i = 0; i < r->rules.nbuffer; i++) {
		const char *at = find(s.p, s.len, r->rules.buffer[i]);

		if (at)
			memcpy(out->p + start + (at - s.p), at, r->rules.buffer[i].len);
	}
}
