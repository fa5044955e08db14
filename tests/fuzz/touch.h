/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at every byte that is handed out, so that a pointer that leads astray shows.
 */
#pragma once

#include "common/hash.h"
#include "formats/reader.h"

static volatile uint64_t touched;

static inline void touch(const void *p, size_t len)
{
	touched += hc_hash_bytes(p, len);
}

static inline void touch_str(struct hc_str s)
{
	touch(s.p, s.len);
}

static inline void touch_event(struct hc_event *ev)
{
	for (uint32_t k = 0; k < ev->nparams && k < HC_EVENT_PARAMS_MAX; k++) {
		uint32_t len;
		const uint8_t *p = hc_event_param(ev, k, &len);

		touch(p, len);
	}
}

static inline void touch_section(const struct hc_section *s)
{
	for (uint32_t i = 0; i < s->nthreads; i++) {
		touch_str(s->threads[i].comm);
		touch_str(s->threads[i].exe);
		touch_str(s->threads[i].exepath);
		touch_str(s->threads[i].args);
		touch_str(s->threads[i].env);
		touch_str(s->threads[i].cwd);
		touch_str(s->threads[i].cgroups);
		touch_str(s->threads[i].root);
	}
	for (uint32_t i = 0; i < s->nfds; i++)
		touch_str(s->fds[i].name);
	for (uint32_t i = 0; i < s->ninterfaces; i++)
		touch_str(s->interfaces[i].name);
	for (uint32_t i = 0; i < s->nusers; i++) {
		touch_str(s->users[i].name);
		touch_str(s->users[i].home);
		touch_str(s->users[i].shell);
	}
	for (uint32_t i = 0; i < s->ngroups; i++)
		touch_str(s->groups[i].name);
}
