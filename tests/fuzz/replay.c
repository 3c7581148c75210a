/* Runs a target over the files of a folder, without libFuzzer. Ends with a line like
 * Check's. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

enum { LARGEST = 1 << 20, PATH_LENGTH = 4096 };

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(LARGEST);
    if (!file || !bytes) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    const size_t size = fread(bytes, 1, LARGEST, file);
    fclose(file);
    /* of exactly its size, so that sanitizers see a byte read too many */
    bytes = realloc(bytes, size ? size : 1);
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
}

int main(int argc, char **argv)
{
    int count = 0;
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        char path[PATH_LENGTH];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        run_file(path);
        count++;
    }
    if (folder)
        closedir(folder);
    printf("100%%: Checks: %d, Failures: 0, Errors: 0\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
