/* SPDX-License-Identifier: Apache-2.0
 *
 * Files opened again. Most opens are of a file that was open before (libraries, caches, headers), and what rules ask about
 * it has the same answers. So the entry of an opened file that nothing refers to any more is laid by, with its texts and its
 * memo, and taken up when an open would make an equal one. One invariant: an entry laid by has no references, is but for
 * its open flags as its open made it, and is taken only for an open that would make the same; no field shows open flags.
 */
#include "replay/state-internal.h"

#include <stdlib.h>

#include "common/hash.h"
#include "common/mem.h"

enum { SLOTS = 4096 };
_Static_assert(SLOTS < UINT16_MAX, "hc_fd.again holds a slot plus one");

void hc_fd_again_init(struct hc_state *s)
{
	s->again = hc_calloc(SLOTS, sizeof(struct hc_fd *));
}

void hc_fd_again_done(struct hc_state *s)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		if (s->again[i])
			hc_memo_done(&s->again[i]->memo); /* the rest goes with the pool */
	free(s->again);
	s->again = NULL;
}

struct hc_fd *hc_fd_again_take(struct hc_state *s, const struct hc_fd_opened *o, uint16_t *ret_again)
{
	uint32_t slot = (uint32_t)hc_hash_bytes(o->name.p, o->name.len) & (SLOTS - 1);
	struct hc_fd *fd = s->again[slot];

	*ret_again = (uint16_t)(slot + 1);
	if (!fd || fd->type != o->type || fd->flags != o->flags || fd->dev != o->dev || fd->ino != o->ino ||
	    !hc_text_is(fd->name, o->name.p, o->name.len) || !hc_text_is(fd->raw, o->raw.p, o->raw.len))
		return NULL;
	s->again[slot] = NULL;
	fd->refs = 1;
	return fd;
}

bool hc_fd_again_keep(struct hc_state *s, struct hc_fd *fd, struct hc_fd **ret_instead)
{
	if (!fd->again || s->pool.used >= s->pool.max / 2)
		return false;
	*ret_instead = s->again[fd->again - 1];
	s->again[fd->again - 1] = fd;
	return true;
}
