/* SPDX-License-Identifier: Apache-2.0
 *
 * Advice by what was found where the parser, the checker or libyaml stopped. It is chosen by their messages, which are
 * part of what users see and so do not change by accident; a message that is not known here has no advice.
 */
#include "rules/hint.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/options.h"
#include "rules/ast.h"

static void say(char *hint, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(hint, HC_HINT_MAX, format, ap);
	va_end(ap);
}

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* The word at p, cut to what fits. */
static void word_at(const char *p, char word[32])
{
	size_t n = 0;

	while (n < 31 && p[n] && !strchr(" \t\r\n(),\"'", p[n])) {
		word[n] = p[n];
		n++;
	}
	word[n] = '\0';
}

/* ---- conditions ---- */

/* Other languages' operators. */
static const struct {
	const char *word, *advice;
} foreign[] = {
	{ "is", "'=' compares" }, { "eq", "'=' compares" }, { "equals", "'=' compares" }, { "ne", "'!=' is unequal" },
	{ "<>", "'!=' is unequal" }, { "!", "'!=' is one word; otherwise write 'not' before the field" },
	{ "not", "'not' stands before the field: not FIELD in (...)" },
	{ "like", "'contains', 'startswith', 'endswith', 'glob' and 'regex' compare with part of a text or a pattern" },
	{ "match", "'glob' and 'regex' compare with a pattern" }, { "matches", "'glob' and 'regex' compare with a pattern" },
	{ "=~", "'regex' compares with a pattern" }, { "~", "'regex' compares with a pattern" },
	{ "~=", "'regex' compares with a pattern" }, { "has", "'contains' looks for a part" },
};

static void hint_operator(const char *p, char *hint)
{
	const char *names[HC_OP_COUNT + 1] = { NULL }, *near;
	char word[32];

	word_at(p, word);
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (!strcasecmp(word, foreign[i].word)) {
			say(hint, "%s", foreign[i].advice);
			return;
		}
	for (int op = 0; op < HC_OP_COUNT; op++)
		names[op] = hc_op_name((enum hc_op)op);
	near = strlen(word) > 1 ? hc_nearest(word, names) : NULL;
	if (near && strcmp(near, word))
		say(hint, "did you mean '%s'?", near);
	else if (near)
		say(hint, "'%s' needs a blank behind it", near);
	else if (!word[0])
		say(hint, "a field alone is no condition; compare it: = true, exists");
}

/* What stands before p, blanks left out, is a name: a call of something unknown, or a macro with arguments. */
static bool behind_a_name(const char *text, const char *p)
{
	return p > text && (isalnum((unsigned char)p[-1]) || p[-1] == '_');
}

static void hint_rest(const char *text, const char *p, char *hint)
{
	char word[32];

	word_at(p, word);
	if (begins(p, "&&") || !strcasecmp(word, "and"))
		say(hint, "it is written 'and', in lower case");
	else if (begins(p, "||") || !strcasecmp(word, "or"))
		say(hint, "it is written 'or', in lower case");
	else if (!strcmp(word, "of"))
		say(hint, "oneof, anyof and allof are one word");
	else if (*p == ')')
		say(hint, "there is no '(' for this ')'");
	else if (*p == '(' && behind_a_name(text, p))
		say(hint, "transformers are tolower, toupper, b64, basename, len, join, concat and getopt; macros take no arguments");
	else if (*p == ',')
		say(hint, "a value that holds a comma needs quotes; several values stand in parentheses: in (a, b)");
	else if (*p == '"' || *p == '\'')
		say(hint, "a quote inside a string is written \\%c, or the string stands in the other kind of quotes", *p);
	else if (*p == '=')
		say(hint, "a value that holds '=' needs quotes");
	else
		say(hint, "a value that holds blanks needs quotes: \"a b\"");
}

static void hint_value_missing(const char *p, char *hint)
{
	if (!*p)
		say(hint, "the value is missing; an empty one is written \"\"");
	else if (*p == '"' || *p == '\'')
		say(hint, "the string has no end; a quote behind a backslash does not close it");
	else if (*p == '(' || *p == '[')
		say(hint, "several values need 'in (...)', or oneof, anyof or allof after the operator");
}

void hc_hint_syntax(const char *text, size_t off, const char *message, char ret_hint[HC_HINT_MAX])
{
	const char *p = text + off;

	ret_hint[0] = '\0';
	while (*p && strchr(" \t\r\n", *p))
		p++;
	if (begins(message, "unexpected token after"))
		hint_rest(text, p, ret_hint);
	else if (begins(message, "expected a valid check operator"))
		hint_operator(p, ret_hint);
	else if (begins(message, "expected a '(' token, a field check"))
		say(ret_hint, *p == '!' ? "it is written 'not'" :
			      *p	? "a comparison begins with a field: proc.name = cat" :
					  "the condition ends where another comparison should follow");
	else if (begins(message, "expected a list, an identifier"))
		say(ret_hint, *p == '[' ? "the values stand in parentheses: (a, b)" : "the values stand in parentheses, even a single one");
	else if (begins(message, "expected a string value"))
		hint_value_missing(p, ret_hint);
	else if (begins(message, "expected a number value"))
		say(ret_hint, "this operator takes a number, without quotes");
	else if (begins(message, "expected a ')' token"))
		say(ret_hint, *p ? "a value that holds blanks needs quotes; values in a list are separated by commas" :
				   "a '(' is not closed");
	else if (begins(message, "expected a ']' token"))
		say(ret_hint, "an argument that holds blanks needs quotes: [\"a b\"]");
	else if (begins(message, "unsupported string escape"))
		say(ret_hint, "a backslash is written \\\\ in quotes; without quotes it stands for itself");
}

/* ---- values ---- */

static bool holds(struct hc_str value, const char *what)
{
	return value.len && memmem(value.p, value.len, what, strlen(what));
}

void hc_hint_value(struct hc_str value, const char *message, char ret_hint[HC_HINT_MAX])
{
	ret_hint[0] = '\0';
	if (strstr(message, "is not a valid number")) {
		if (holds(value, "0x") || holds(value, "0X"))
			say(ret_hint, "numbers are decimal in conditions");
		else if (value.len && islower((unsigned char)value.p[0]) && holds(value, "."))
			say(ret_hint, "to compare with another field write val(%.*s)", (int)(value.len < 64 ? value.len : 64), value.p);
		else
			say(ret_hint, "a whole decimal number is needed here");
	} else if (begins(message, "unrecognized IPv") && holds(value, "/")) {
		say(ret_hint, "this field is an address; fd.net, fd.snet, fd.cnet, fd.lnet and fd.rnet take networks");
	} else if (begins(message, "unrecognized IPv6 address")) {
		say(ret_hint, "an IPv4 address has four numbers, an IPv6 address colons; names are not looked up");
	} else if (begins(message, "unrecognized IP network")) {
		say(ret_hint, "a network is ADDRESS/LENGTH, a single host /32 or /128");
	} else if (begins(message, "unrecognized boolean")) {
		say(ret_hint, "it is true or false, in lower case");
	} else if (begins(message, "unrecognized protocol")) {
		say(ret_hint, "a port is a number, or a service's name in lower case as in /etc/services");
	} else if (begins(message, "bcontains and bstartswith")) {
		say(ret_hint, "two hex digits for each byte, without 0x: cafe01");
	} else if (begins(message, "invalid regex pattern")) {
		if (holds(value, "\\d") || holds(value, "\\w") || holds(value, "\\s") || holds(value, "\\b"))
			say(ret_hint, "the syntax is POSIX: [[:digit:]] for \\d, [[:alnum:]_] for \\w, [[:space:]] for \\s");
		else if (holds(value, "(?"))
			say(ret_hint, "the syntax is POSIX, without (?...); icontains and iglob ignore case");
	}
}

void hc_hint_type(const char *type_class, char ret_hint[HC_HINT_MAX])
{
	static const struct {
		const char *class, *operators;
	} takes[] = {
		{ "numeric", "=, !=, <, <=, >, >=, in, intersects and exists" },
		{ "bool", "= true, = false, !=, in and exists" },
		{ "ip address and network", "=, !=, in, intersects and exists" },
		{ "buffer", "=, !=, in, contains, startswith, endswith, bcontains, bstartswith and exists" },
		{ "list", "in, intersects and exists" },
		{ "string", "all but bcontains and bstartswith" },
	};

	ret_hint[0] = '\0';
	for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
		if (!strcmp(type_class, takes[i].class))
			say(ret_hint, "the field takes %s", takes[i].operators);
	if (!ret_hint[0])
		say(ret_hint, "the field takes exists only");
}

/* ---- YAML ---- */

void hc_hint_yaml(const char *file, size_t off, const char *message, char ret_hint[HC_HINT_MAX])
{
	ret_hint[0] = '\0';
	if (strstr(message, "cannot start any token") && file[off] && file[off] != '\t')
		say(ret_hint, "a value that begins with '%c' needs quotes", file[off]);
	else if (strstr(message, "cannot start any token") || strstr(message, "tab character"))
		say(ret_hint, "YAML is indented with blanks, not tabs");
	else if (strstr(message, "mapping values are not allowed"))
		say(ret_hint, "a value that holds ': ' needs quotes; otherwise keys of one item begin in the same column");
	else if (strstr(message, "expected ',' or ']'"))
		say(ret_hint, "a '[' is not closed, or a comma is missing");
	else if (strstr(message, "expected ',' or '}'"))
		say(ret_hint, "a '{' is not closed, or a comma is missing");
	else if (strstr(message, "could not find expected ':'"))
		say(ret_hint, "this line is no 'key: value', or a value before it goes on where it should not");
	else if (strstr(message, "did not find expected key"))
		say(ret_hint, "keys of one item begin in the same column; text behind a closing quote or bracket is not allowed");
	else if (strstr(message, "expected '-' indicator"))
		say(ret_hint, "entries of one list begin with '-' in the same column");
	else if (strstr(message, "unknown escape character"))
		say(ret_hint, "in double quotes a backslash is written \\\\; in single quotes it stands for itself");
	else if (strstr(message, "unexpected end of stream"))
		say(ret_hint, "a quote is not closed");
}
