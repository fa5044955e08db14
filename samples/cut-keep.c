/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies of events. Of a container only the newest description counts, so memory is bounded by the number of containers,
 * and by a cap against giant documents.
 */
#include "samples/cut-keep.h"

#include <stdlib.h>
#include <string.h>

#include "common/ledger.h"
#include "common/mem.h"
#include "replay/paths.h"

/* Of the ledger: the newest of each. */
enum { LEDGER_CUT, LEDGER_START, LEDGER_SELECTION, LEDGER_COUNT };

struct hc_kept_event {
	struct hc_event ev;
	size_t size;
	uint8_t bytes[]; /* lens, data */
};

static struct hc_kept_event *copy_event(const struct hc_event *ev)
{
	const size_t width = hc_event_type_is_large(ev->type) ? 4 : 2, nlens = ev->nparams * width;
	struct hc_kept_event *k;
	size_t data = 0;

	for (uint32_t i = 0; i < ev->nparams; i++)
		data += width == 4 ? hc_le32(ev->lens + 4 * i) : hc_le16(ev->lens + 2 * i);
	k = hc_malloc(sizeof *k + nlens + data);
	k->ev = *ev;
	k->size = nlens + data;
	if (nlens)
		memcpy(k->bytes, ev->lens, nlens);
	if (data)
		memcpy(k->bytes + nlens, ev->data, data);
	k->ev.lens = k->bytes;
	k->ev.data = k->bytes + nlens;
	return k;
}

void hc_cut_keep_init(struct hc_cut_keep *keep)
{
	*keep = (struct hc_cut_keep){ 0 };
	hc_arena_init(&keep->ids);
	keep->ledger = hc_calloc(LEDGER_COUNT, sizeof(struct hc_kept_event *));
}

void hc_cut_keep_section(struct hc_cut_keep *keep)
{
	for (int i = 0; i < LEDGER_COUNT; i++) {
		free(keep->ledger[i]);
		keep->ledger[i] = NULL;
	}
	keep->has_ledger = false;
	for (uint32_t i = 0; i < keep->ncontainers; i++)
		free(keep->containers[i]);
	free(keep->containers);
	hc_strmap_done(&keep->by_id);
	keep->containers = NULL;
	keep->by_id = (struct hc_strmap){ 0 };
	hc_arena_reset(&keep->ids);
	keep->ncontainers = 0;
	keep->bytes = 0;
}

void hc_cut_keep_done(struct hc_cut_keep *keep)
{
	hc_cut_keep_section(keep);
	hc_arena_done(&keep->ids);
	free(keep->ledger);
}

static void note_ledger(struct hc_cut_keep *keep, struct hc_event *ev, struct hc_str name)
{
	int which = hc_str_is(name, HC_LEDGER_START) ? LEDGER_START : hc_str_is(name, HC_LEDGER_SELECTION) ? LEDGER_SELECTION :
		    hc_str_is(name, HC_LEDGER_CUT) ? LEDGER_CUT : LEDGER_COUNT;

	if (which == LEDGER_COUNT)
		return;
	keep->has_ledger |= which != LEDGER_CUT;
	free(keep->ledger[which]);
	keep->ledger[which] = copy_event(ev);
}

static void note_container(struct hc_cut_keep *keep, struct hc_event *ev, struct hc_str id)
{
	const uintptr_t i = (uintptr_t)hc_strmap_get(&keep->by_id, id);
	struct hc_kept_event *k = copy_event(ev), *old = i ? keep->containers[i - 1] : NULL;

	if (keep->bytes - (old ? old->size : 0) + k->size > HC_CUT_KEEP_BYTES_MAX) {
		keep->left_out++;
		free(k);
		return;
	}
	keep->bytes += k->size - (old ? old->size : 0);
	if (!i && !(keep->ncontainers & (keep->ncontainers - 1)))
		keep->containers = hc_realloc(keep->containers, (keep->ncontainers ? 2 * keep->ncontainers : 1) *
									sizeof(struct hc_kept_event *));
	keep->containers[i ? i - 1 : keep->ncontainers++] = k;
	if (!i)
		hc_strmap_put(&keep->by_id, (struct hc_str){ hc_arena_dupn(&keep->ids, id.p, id.len), id.len },
			      (void *)(uintptr_t)keep->ncontainers);
	free(old);
}

void hc_cut_keep_note(struct hc_cut_keep *keep, const struct hc_state *state, struct hc_event *ev)
{
	struct hc_str name;

	if (state->container) {
		note_container(keep, ev, hc_text_str(state->container->id));
	} else if (ev->type == PPME_ASYNCEVENT_E && hc_event_u64(ev, 0, 1) == 0) {
		name = hc_event_str(ev, 1);
		note_ledger(keep, ev, name);
	}
}

static int give(struct hc_kept_event *k, uint64_t ts_ns, hc_cut_keep_fn fn, void *ctx)
{
	struct hc_event ev = k->ev;

	ev.ts_ns = ts_ns;
	ev.nindexed = 0;
	return fn(ctx, &ev);
}

int hc_cut_keep_each(const struct hc_cut_keep *keep, uint64_t ts_ns, hc_cut_keep_fn fn, void *ctx)
{
	int r = 0;

	for (int i = 0; i < LEDGER_COUNT && !r; i++)
		if (keep->ledger[i])
			r = give(keep->ledger[i], ts_ns, fn, ctx);
	for (uint32_t i = 0; i < keep->ncontainers && !r; i++)
		r = give(keep->containers[i], ts_ns, fn, ctx);
	return r;
}
