/* Runs all suites, or those named on the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/simd.h"

#include "suites.h"

/* A test that hangs ends after so many seconds; Check's own 4 are too few for a busy machine. */
#define SECONDS "60"

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return argc == 1;
}

int main(int argc, char **argv)
{
    hg_error error;
    if (simd_check(&error)) {
        printf("not run: %s\n", error.message);
        return EXIT_SUCCESS;
    }
    setenv("CK_DEFAULT_TIMEOUT", SECONDS, 0);
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < suite_count; i++)
        if (wanted(suites[i].name, argc, argv))
            srunner_add_suite(runner, suites[i].make());
    srunner_run_all(runner, CK_NORMAL);
    const int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (run == 0)
        fputs("no test has run: no suite of that name\n", stderr);
    return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
