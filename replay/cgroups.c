/* SPDX-License-Identifier: Apache-2.0
 *
 * From a cgroup list to a container id (fields-semantics.md 6.1), as the seven engines of the reference find it, with their
 * order and their lenience (Q). The answers for a few recent lists are kept: a host has few distinct ones, and every clone
 * and exec asks.
 */
#include "replay/state-internal.h"

#include "common/hash.h"
#include "common/mem.h"

enum { CACHE = 64, ID_LEN = 12, FULL_ID_LEN = 64, TYPE_LXC = 1, TYPE_LIBVIRT_LXC = 2, TYPE_BPM = 9 };

struct hc_cgroup_cache {
	struct {
		struct hc_text *cgroups, *id; /* owned references; id NULL: host */
	} entry[CACHE];
};

struct pattern {
	const char *prefix, *suffix;
};

/* podman, docker, cri in this order; which of them it is makes no difference for the id. */
static const struct pattern patterns[] = {
	{ "/libpod-", ".scope" }, { "/libpod-", ".scope/container" }, { "/libpod-", "" },
	{ "/libpod-payload-", ".scope" }, { "/libpod-payload-", ".scope/container" }, { "/libpod-payload-", "" },
	{ "/", "" }, { "/docker-", ".scope" },
	{ "/", "" }, { "/crio-", "" }, { "/cri-containerd-", ".scope" }, { "/crio-", ".scope" }, { ":cri-containerd:", "" },
	{ "/docker-", ".scope" }, { "/nerdctl-", ".scope" },
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Position of the first (last) occurrence of what in s, or -1. */
static int64_t first_of(struct hc_str s, const char *what)
{
	const char *p = s.len ? memmem(s.p, s.len, what, strlen(what)) : NULL;

	return p ? p - s.p : -1;
}

static int64_t last_of(struct hc_str s, struct hc_str what)
{
	if (!what.len)
		return s.len;
	for (int64_t i = (int64_t)s.len - what.len; i >= 0; i--)
		if (!memcmp(s.p + i, what.p, what.len))
			return i;
	return -1;
}

static bool ends_with(struct hc_str s, const char *tail)
{
	const uint32_t n = (uint32_t)strlen(tail);

	return s.len >= n && !memcmp(s.p + s.len - n, tail, n);
}

static struct hc_str part(struct hc_str s, int64_t from, int64_t to)
{
	return (struct hc_str){ s.p + from, (uint32_t)(to - from) };
}

/* Start and end of what stands between the last prefix and the last suffix; false if one is missing. */
static bool between(struct hc_str path, struct hc_str prefix, const char *suffix, int64_t *ret_start, int64_t *ret_end)
{
	int64_t start = last_of(path, prefix), end = *suffix ? last_of(path, hc_str(suffix)) : (int64_t)path.len;

	if (start < 0 || end < 0)
		return false;
	*ret_start = start + prefix.len;
	*ret_end = end;
	return true;
}

/* 64 characters, and no character before absolute position 64 of the path that is no digit (Q). */
static bool is_full_id(struct hc_str path, int64_t start, int64_t end)
{
	if (end - start != FULL_ID_LEN)
		return false;
	for (int64_t i = start; i < path.len; i++)
		if (!is_hex(path.p[i]))
			return i >= FULL_ID_LEN;
	return true;
}

static bool match_patterns(struct hc_str path, struct hc_str *ret_id)
{
	int64_t start, end;

	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		if (!between(path, hc_str(patterns[i].prefix), patterns[i].suffix, &start, &end) ||
		    !is_full_id(path, start, end))
			continue;
		*ret_id = part(path, start, start + ID_LEN);
		return true;
	}
	return false;
}

/* First match of /([A-Za-z0-9]+([._-][A-Za-z0-9]+)*)/, slashes included: a first path component of such words. */
static bool namespace_prefix(struct hc_str path, struct hc_str *ret)
{
	for (uint32_t i = 0; i < path.len; i++) {
		uint32_t k = i + 1;
		bool word = false;

		if (path.p[i] != '/')
			continue;
		for (; k < path.len && path.p[k] != '/'; k++) {
			if (is_alnum(path.p[k]))
				word = true;
			else if (word && (path.p[k] == '.' || path.p[k] == '_' || path.p[k] == '-'))
				word = false;
			else
				break;
		}
		if (k < path.len && path.p[k] == '/' && word) {
			*ret = part(path, i, k + 1);
			return true;
		}
	}
	return false;
}

static bool match_containerd(struct hc_str path, struct hc_str *ret_id)
{
	struct hc_str prefix;
	int64_t start, end;

	if (!namespace_prefix(path, &prefix) || !between(path, prefix, "", &start, &end))
		return false;
	if (is_full_id(path, start, end)) {
		*ret_id = part(path, start, start + ID_LEN);
		return true;
	}
	if (end - start < 1 || end - start > FULL_ID_LEN || ends_with(path, ".service") || ends_with(path, ".slice") ||
	    ends_with(path, ".scope"))
		return false;
	*ret_id = part(path, start, end - start < ID_LEN ? end : start + ID_LEN);
	return true;
}

static bool match_lxc(struct hc_str path, struct hc_str *ret_id)
{
	static const char *const prefixes[] = { "/lxc/", "/lxc.payload/", "/lxc.payload." };

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		int64_t start = first_of(path, prefixes[i]), len;

		if (start < 0)
			continue;
		start += (int64_t)strlen(prefixes[i]);
		len = first_of(part(path, start, path.len), "/");
		*ret_id = part(path, start, len < 0 ? path.len : start + len);
		return true;
	}
	return false;
}

static bool match_libvirt(struct hc_str path, struct hc_str *ret_id)
{
	static const char scope[] = "-lxc\\x2", old[] = "/libvirt/lxc/";
	int64_t start, end;

	if (ends_with(path, ".libvirt-lxc")) {
		end = (int64_t)path.len - (int64_t)strlen(".libvirt-lxc");
		start = last_of(part(path, 0, end), HC_STR("/")) + 1;
		*ret_id = part(path, start, end);
		return true;
	}
	start = first_of(path, scope);
	if (start >= 0 && (ends_with(path, ".scope") || ends_with(path, ".scope/libvirt"))) {
		start += (int64_t)strlen(scope) + 1;
		end = last_of(path, ends_with(path, ".scope/libvirt") ? HC_STR(".scope/libvirt") : HC_STR(".scope"));
		if (start <= end) {
			*ret_id = part(path, start, end);
			return true;
		}
	}
	start = first_of(path, old);
	if (start < 0)
		return false;
	*ret_id = part(path, start + (int64_t)strlen(old), path.len);
	return true;
}

static bool match_bpm(struct hc_str path, struct hc_str *ret_id)
{
	int64_t start = first_of(path, "bpm-"), len;

	if (start < 0)
		return false;
	start += 4;
	len = first_of(part(path, start, path.len), ".scope");
	*ret_id = part(path, start, len < 0 ? path.len : start + len);
	for (uint32_t i = 0; i < ret_id->len; i++)
		if (!is_alnum(ret_id->p[i]) && !strchr("._-", ret_id->p[i]))
			return false;
	return ret_id->len > 0;
}

/* The id of a whole list ("subsys=path" strings, each with its NUL); false: host. */
static bool id_of_list(struct hc_state *s, struct hc_str list, struct hc_str *ret_id)
{
	while (list.len) {
		const char *nul = memchr(list.p, 0, list.len);
		struct hc_str item = part(list, 0, nul ? nul - list.p : list.len);
		const char *eq = item.len ? memchr(item.p, '=', item.len) : NULL;
		struct hc_str path = eq ? part(item, eq + 1 - item.p, item.len) : item;
		int32_t type = -1;

		if (match_patterns(path, ret_id) || match_containerd(path, ret_id))
			return true;
		if (match_lxc(path, ret_id))
			type = TYPE_LXC;
		else if (match_libvirt(path, ret_id))
			type = TYPE_LIBVIRT_LXC;
		else if (match_bpm(path, ret_id))
			type = TYPE_BPM;
		if (type >= 0 && ret_id->len) {
			hc_containers_note(s, *ret_id, type);
			return true;
		}
		list = part(list, nul ? nul + 1 - list.p : list.len, list.len);
	}
	return false;
}

void hc_cgroups_init(struct hc_state *s)
{
	s->cgroup_cache = hc_calloc(1, sizeof *s->cgroup_cache);
}

void hc_cgroups_done(struct hc_state *s)
{
	for (int i = 0; s->cgroup_cache && i < CACHE; i++) {
		hc_text_unref(&s->pool, s->cgroup_cache->entry[i].cgroups);
		hc_text_unref(&s->pool, s->cgroup_cache->entry[i].id);
	}
	free(s->cgroup_cache);
	s->cgroup_cache = NULL;
}

void hc_thread_compute_container(struct hc_state *s, struct hc_thread *t)
{
	struct hc_str list = hc_text_str(t->cgroups), id;
	uint32_t i = (uint32_t)hc_hash_bytes(list.p, list.len) % CACHE;
	struct hc_text *cached = s->cgroup_cache->entry[i].cgroups;

	if (!t->cgroups) {
		hc_text_share(s, &t->container, NULL);
	} else if (cached && hc_text_is(cached, list.p, list.len)) {
		/* Equal lists become one text, which is what most of a big process table consists of. */
		hc_text_share(s, &t->cgroups, cached);
		hc_text_share(s, &t->container, s->cgroup_cache->entry[i].id);
	} else {
		if (id_of_list(s, list, &id))
			hc_text_set(s, &t->container, id.p, id.len);
		else
			hc_text_share(s, &t->container, NULL);
		hc_text_share(s, &s->cgroup_cache->entry[i].cgroups, t->cgroups);
		hc_text_share(s, &s->cgroup_cache->entry[i].id, t->container);
	}
	t->container_known = true;
	hc_thread_touch(t);
}
