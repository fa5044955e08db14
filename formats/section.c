/* SPDX-License-Identifier: Apache-2.0
 *
 * The lists of a section: growing arrays over one arena for the strings. Adders set the defaults of absent fields.
 */
#include "formats/section.h"

#include <stdlib.h>

#include "common/mem.h"

void hc_section_init(struct hc_section *s)
{
	*s = (struct hc_section){ .machine.ncpus = UINT32_MAX };
	hc_arena_init(&s->arena);
}

void hc_section_done(struct hc_section *s)
{
	free(s->threads);
	free(s->fds);
	free(s->interfaces);
	free(s->users);
	free(s->groups);
	hc_arena_done(&s->arena);
	*s = (struct hc_section){ .machine.ncpus = UINT32_MAX };
}

/* One more element: room is made in steps of a doubling array whose capacity follows from n alone. */
static void *grow(void *array, uint32_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	return hc_realloc(array, (n ? (size_t)n * 2 : 1) * size);
}

struct hc_thread_info *hc_section_add_thread(struct hc_section *s)
{
	struct hc_thread_info *t;

	s->threads = grow(s->threads, s->nthreads, sizeof *t);
	t = &s->threads[s->nthreads++];
	*t = (struct hc_thread_info){ .vtid = -1, .vpid = -1, .sid = -1, .vpgid = -1, .pgid = -1, .fdlimit = -1,
				      .loginuid = UINT32_MAX };
	return t;
}

struct hc_fd_info *hc_section_add_fd(struct hc_section *s)
{
	s->fds = grow(s->fds, s->nfds, sizeof *s->fds);
	s->fds[s->nfds] = (struct hc_fd_info){ 0 };
	return &s->fds[s->nfds++];
}

struct hc_interface *hc_section_add_interface(struct hc_section *s)
{
	s->interfaces = grow(s->interfaces, s->ninterfaces, sizeof *s->interfaces);
	s->interfaces[s->ninterfaces] = (struct hc_interface){ 0 };
	return &s->interfaces[s->ninterfaces++];
}

struct hc_user_info *hc_section_add_user(struct hc_section *s)
{
	s->users = grow(s->users, s->nusers, sizeof *s->users);
	s->users[s->nusers] = (struct hc_user_info){ 0 };
	return &s->users[s->nusers++];
}

struct hc_group_info *hc_section_add_group(struct hc_section *s)
{
	s->groups = grow(s->groups, s->ngroups, sizeof *s->groups);
	s->groups[s->ngroups] = (struct hc_group_info){ 0 };
	return &s->groups[s->ngroups++];
}

struct hc_str hc_section_str(struct hc_section *s, const void *p, size_t len)
{
	if (!len)
		return (struct hc_str){ 0 };
	return (struct hc_str){ hc_arena_dupn(&s->arena, p, len), (uint32_t)len };
}
