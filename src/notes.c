/* Notes: texts by name that go with a network into its model file and come back. */
#include <assert.h>
#include <string.h>

#include "src/notes.h"
#include "src/safetensors.h"

/* The bytes of the UTF-8 character at text (Unicode, table 3-7); 0 if there is none. */
static size_t character(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, second_low, second_high;
        size_t length;
    } rows[] = {
        { 0x01, 0x7F, 0, 0, 1 },       { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    for (size_t i = 0; i < HG_COUNT(rows); i++) {
        if (text[0] < rows[i].first || text[0] > rows[i].last)
            continue;
        if (rows[i].length > 1 && (text[1] < rows[i].second_low || text[1] > rows[i].second_high))
            return 0;
        for (size_t at = 2; at < rows[i].length; at++)
            if ((text[at] & 0xC0) != 0x80)
                return 0;
        return rows[i].length;
    }
    return 0;
}

size_t notes_first_bad_byte(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t place = 0, length;
    while (bytes[place] && (length = character(bytes + place)))
        place += length;
    return place;
}

static hg_status check_text(const char *name, const char *what, const char *text, hg_error *error)
{
    const size_t place = notes_first_bad_byte(text);
    return text[place] ? hg_fail(error, HG_BAD_ARGUMENT,
                                 "note \"%.60s\": its %s is not UTF-8 at byte %zu; model files take nothing else", name,
                                 what, place)
                       : HG_OK;
}

bool notes_reserved(const char *name)
{
    return strcmp(name, "format") == 0 || strncmp(name, "hinge.", strlen("hinge.")) == 0;
}

static char *copy_text(const char *text)
{
    char *copy = hg_allocate(strlen(text) + 1, 1);
    return copy ? strcpy(copy, text) : NULL;
}

static size_t find(const notes *notes, const char *name)
{
    size_t i = 0;
    while (i < notes->count && strcmp(notes->list[i].key, name) != 0)
        i++;
    return i;
}

static void release(const safetensors_note *note)
{
    hg_release((void *)note->key);
    hg_release((void *)note->value);
}

static void take_out(notes *notes, size_t index)
{
    if (index == notes->count)
        return;
    release(&notes->list[index]);
    notes->count--;
    memmove(&notes->list[index], &notes->list[index + 1], (notes->count - index) * sizeof *notes->list);
}

static hg_status no_memory(const char *name, hg_error *error)
{
    return hg_fail(error, HG_NO_MEMORY, "no memory for the note \"%.60s\"", name);
}

/* Room for one more. */
static bool reserve(notes *notes)
{
    enum { FIRST_CAPACITY = 4 };
    if (notes->count < notes->capacity)
        return true;
    const size_t capacity = notes->capacity ? 2 * notes->capacity : FIRST_CAPACITY;
    safetensors_note *larger = hg_allocate(capacity, sizeof *larger);
    if (!larger)
        return false;
    if (notes->count)
        memcpy(larger, notes->list, notes->count * sizeof *larger);
    hg_release(notes->list);
    notes->list = larger;
    notes->capacity = capacity;
    return true;
}

static hg_status add(notes *notes, const char *name, const char *text, hg_error *error)
{
    const safetensors_note note = { copy_text(name), copy_text(text) };
    if (!note.key || !note.value || !reserve(notes)) {
        release(&note);
        return no_memory(name, error);
    }
    take_out(notes, find(notes, name));
    notes->list[notes->count++] = note;
    return HG_OK;
}

void notes_release(notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        release(&notes->list[i]);
    hg_release(notes->list);
    *notes = (struct notes){ 0 };
}

hg_status hg_network_set_note(hg_network *network, const char *name, const char *text, hg_error *error)
{
    assert(network && name);
    if (name[0] == '\0' || notes_reserved(name))
        return hg_fail(
            error, HG_BAD_ARGUMENT,
            "a note cannot be called \"%.60s\": \"format\" and what begins with \"hinge.\" are the library's", name);
    hg_status status = check_text(name, "name", name, error);
    if (!status && text)
        status = check_text(name, "text", text, error);
    if (!status && text)
        status = add(&network->notes, name, text, error);
    if (!status && !text)
        take_out(&network->notes, find(&network->notes, name));
    return status;
}

const char *hg_network_note(const hg_network *network, const char *name)
{
    assert(network && name);
    const size_t index = find(&network->notes, name);
    return index < network->notes.count ? network->notes.list[index].value : NULL;
}
