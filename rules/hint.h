/* SPDX-License-Identifier: Apache-2.0
 *
 * What to do about it: a line of advice for errors whose own words, which are Falco's, do not say. Every function writes ""
 * where nothing useful comes to mind.
 */
#pragma once

#include <stddef.h>

#include "common/str.h"

enum { HC_HINT_MAX = 160 };

/* The parser stopped at byte off of text, NUL-terminated, with that message. */
void hc_hint_syntax(const char *text, size_t off, const char *message, char ret_hint[HC_HINT_MAX]);

/* A value was refused with that message. */
void hc_hint_value(struct hc_str value, const char *message, char ret_hint[HC_HINT_MAX]);

/* An operator does not go with a type ("numeric", "bool" ...). */
void hc_hint_type(const char *type_class, char ret_hint[HC_HINT_MAX]);

/* libyaml stopped at byte off of a file, NUL-terminated. */
void hc_hint_yaml(const char *file, size_t off, const char *message, char ret_hint[HC_HINT_MAX]);
