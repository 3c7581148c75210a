/* The notes of a network: see hg_network_set_note. */
#ifndef HINGE_SRC_NOTES_H
#define HINGE_SRC_NOTES_H

#include "src/network.h"

/* Whether the library's own metadata goes by that name. */
bool notes_reserved(const char *name);

/* The byte of a text's first character that is not UTF-8; its length if there is none. */
size_t notes_first_bad_byte(const char *text);

void notes_release(notes *notes);

#endif
