/* Which version these headers are. Make, hinge.pc and the CMake package read it here. */
#ifndef HINGE_VERSION_H
#define HINGE_VERSION_H

#include <hinge/error.h>

/* Programs built with one version run with the libraries of the same major one. */
#define HG_VERSION_MAJOR 0
#define HG_VERSION_MINOR 1
#define HG_VERSION_PATCH 0

#define HG_VERSION_WORDS(major, minor, patch) #major "." #minor "." #patch
#define HG_VERSION_TEXT(major, minor, patch) HG_VERSION_WORDS(major, minor, patch)
#define HG_VERSION HG_VERSION_TEXT(HG_VERSION_MAJOR, HG_VERSION_MINOR, HG_VERSION_PATCH)

HG_BEGIN_DECLARATIONS

/* The version of the library that is linked, as HG_VERSION is of the headers: "0.1.0".
 * Never NULL; the text is the library's. */
HG_API const char *hg_version(void);

HG_END_DECLARATIONS

#endif
