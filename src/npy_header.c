/* The dictionary in front of an array: of Python's many ways to write one, those that NumPy has used. */
#include <string.h>

#include <hinge/layer.h>

#include "src/npy.h"
#include "src/numbers.h"

/* ---- the types of numbers ---- */

static double decode_unsigned(uint64_t bits)
{
    return (double)bits;
}

static double decode_bool(uint64_t bits)
{
    return bits != 0;
}

static double decode_i8(uint64_t bits)
{
    return (int8_t)bits;
}

static double decode_i16(uint64_t bits)
{
    return (int16_t)bits;
}

static double decode_i32(uint64_t bits)
{
    return (int32_t)bits;
}

static double decode_i64(uint64_t bits)
{
    return (double)(int64_t)bits;
}

static const npy_type types[] = {
    { 'f', 2, numbers_f16 },     { 'f', 4, numbers_f32 },     { 'f', 8, numbers_f64 },     { 'i', 1, decode_i8 },
    { 'i', 2, decode_i16 },      { 'i', 4, decode_i32 },      { 'i', 8, decode_i64 },      { 'u', 1, decode_unsigned },
    { 'u', 2, decode_unsigned }, { 'u', 4, decode_unsigned }, { 'u', 8, decode_unsigned }, { 'b', 1, decode_bool },
};

/* ---- the text ---- */

typedef struct cursor {
    const char *path, *begin, *at, *end;
} cursor;

static hg_status unexpected(const cursor *c, const char *wanted, hg_error *error)
{
    return hg_fail(error, HG_BAD_FILE, "%s: byte %zu of its header: %s is missing; numpy.save writes such files anew",
                   c->path, (size_t)(c->at - c->begin) + 1, wanted);
}

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
        c->at++;
}

/* Goes past the character, and blanks in front of it, if it is there. */
static bool take(cursor *c, char character)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != character)
        return false;
    c->at++;
    return true;
}

static bool take_word(cursor *c, const char *word)
{
    skip_blanks(c);
    const size_t length = strlen(word);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

/* A text in quotes without any escapes: where it begins, and its length. */
static bool take_text(cursor *c, const char **text, int *length)
{
    if (!take(c, '\'') && !take(c, '"'))
        return false;
    const char quote = c->at[-1];
    *text = c->at;
    while (c->at < c->end && *c->at != quote && *c->at != '\\' && *c->at >= ' ' && *c->at <= '~')
        c->at++;
    *length = (int)(c->at - *text);
    return c->at < c->end && *c->at++ == quote;
}

/* ---- the three values ---- */

static hg_status read_type(npy_header *header, cursor *c, hg_error *error)
{
    const char *text;
    int length;
    skip_blanks(c);
    if (c->at < c->end && *c->at == '[')
        return hg_fail(error, HG_BAD_FILE, "%s: holds records of several fields; save one field alone", c->path);
    if (!take_text(c, &text, &length))
        return unexpected(c, "the type, a text in quotes,", error);
    enum { LENGTH = 3 /* of "<f4" */ };
    for (size_t i = 0; i < HG_COUNT(types) && length == LENGTH; i++)
        if (text[1] == types[i].kind && text[2] == (char)('0' + types[i].size) &&
            (text[0] == '<' || text[0] == '>' || (text[0] == '|' && types[i].size == 1)))
            header->type = &types[i];
    if (!header->type)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: holds numbers of type \"%.*s\"; f2, f4, f8, i1 to i8, u1 to u8 and b1 are known, behind < "
                       "or >: array.astype('<f4') makes one of them",
                       c->path, length < 40 ? length : 40, text);
    header->highest_first = text[0] == '>';
    return HG_OK;
}

static hg_status read_order(npy_header *header, cursor *c, hg_error *error)
{
    header->fortran_order = take_word(c, "True");
    return header->fortran_order || take_word(c, "False") ? HG_OK : unexpected(c, "True or False", error);
}

static hg_status read_size(cursor *c, size_t *size, hg_error *error)
{
    enum { TEN = 10 };
    const char *first = c->at;
    *size = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
        if (__builtin_mul_overflow(*size, (size_t)TEN, size) ||
            __builtin_add_overflow(*size, (size_t)(*c->at - '0'), size))
            return hg_fail(error, HG_BAD_FILE, "%s: a size of its shape is beyond all memory", c->path);
    if (c->at == first)
        return unexpected(c, "a size", error);
    take(c, 'L'); /* Python 2 */
    return HG_OK;
}

/* (), (3,), (3, 4) or (3, 4,) */
static hg_status read_shape(npy_header *header, cursor *c, hg_error *error)
{
    if (!take(c, '('))
        return unexpected(c, "the shape's (", error);
    bool separated = true;
    while (!take(c, ')')) {
        size_t size;
        if (!separated)
            return unexpected(c, "a comma or ) in the shape", error);
        const hg_status status = read_size(c, &size, error);
        if (status)
            return status;
        if (header->shape.rank == HG_MAX_RANK)
            return hg_fail(error, HG_BAD_FILE, "%s: has more than %d dimensions; array.reshape(...) makes it fewer",
                           c->path, HG_MAX_RANK);
        header->shape.size[header->shape.rank++] = size;
        separated = take(c, ',');
    }
    /* (3) is no tuple */
    return header->shape.rank == 1 && !separated ? unexpected(c, "the comma of a shape of one size", error) : HG_OK;
}

/* ---- all of it ---- */

static const struct {
    const char *name;
    hg_status (*read)(npy_header *header, cursor *c, hg_error *error);
} values[] = {
    { "descr", read_type },
    { "fortran_order", read_order },
    { "shape", read_shape },
};
enum { ALL_SEEN = (1 << HG_COUNT(values)) - 1 };

/* One key with its value, each at most once. */
static hg_status read_value(npy_header *header, cursor *c, unsigned *seen, hg_error *error)
{
    const char *text;
    int length;
    if (!take_text(c, &text, &length))
        return unexpected(c, "a key in quotes", error);
    size_t i = 0;
    while (i < HG_COUNT(values) &&
           (strlen(values[i].name) != (size_t)length || memcmp(values[i].name, text, (size_t)length) != 0))
        i++;
    if (i == HG_COUNT(values) || *seen & 1u << i)
        return hg_fail(error, HG_BAD_FILE,
                       "%s: its header wants descr, fortran_order and shape, each once, not \"%.*s\"", c->path,
                       length < 40 ? length : 40, text);
    *seen |= 1u << i;
    return take(c, ':') ? values[i].read(header, c, error) : unexpected(c, "a colon", error);
}

hg_status npy_header_read(npy_header *header, const char *path, const char *text, size_t length, hg_error *error)
{
    cursor c = { path, text, text, text + length };
    unsigned seen = 0;
    bool separated = true;
    *header = (npy_header){ .type = NULL };
    if (!take(&c, '{'))
        return unexpected(&c, "the dictionary's {", error);
    while (!take(&c, '}')) {
        const hg_status status =
            separated ? read_value(header, &c, &seen, error) : unexpected(&c, "a comma or }", error);
        if (status)
            return status;
        separated = take(&c, ',');
    }
    skip_blanks(&c);
    if (c.at < c.end)
        return unexpected(&c, "the end", error);
    if (seen != ALL_SEEN)
        return hg_fail(error, HG_BAD_FILE, "%s: its header wants descr, fortran_order and shape", path);
    if (hg_shape_count(&header->shape, &header->count, NULL))
        return hg_fail(error, HG_BAD_FILE, "%s: the product of its shape overflows", path);
    return HG_OK;
}
