/* See whole.h. */
#include <stdio.h>

#include "digits.h"
#include "other_sides.h"
#include "table.h"
#include "whole.h"

enum { PATH_LENGTH = 4096, NUMBER = 16, MOST_STARTS = 3 };

static child_use run_mnist(const char *build, const char *folder, int epochs, int steps)
{
    char path[PATH_LENGTH], epoch_count[NUMBER], step_count[NUMBER];
    snprintf(path, sizeof path, "%s/mnist", build);
    snprintf(epoch_count, sizeof epoch_count, "%d", epochs);
    snprintf(step_count, sizeof step_count, "%d", steps);
    const char *const arguments[] = { path,           "--data",  folder,
                                      "--activation", "relu",    "--epochs",
                                      epoch_count,    "--quiet", steps > 0 ? "--steps" : NULL,
                                      step_count,     NULL };
    return child_run(arguments, NULL);
}

whole whole_measure(const bench *bench, bool pytorch)
{
    const char *build = bench->options.build, *folder = digits_folder(build);
    const int rounds = bench->options.rounds < MOST_STARTS ? bench->options.rounds : MOST_STARTS;
    double hinge[MOST_ROUNDS] = { 0 }, installed[MOST_ROUNDS] = { 0 }, alone[MOST_ROUNDS] = { 0 };
    whole whole = { .hinge = { .seconds = 0 } };
    if (!folder)
        return whole;
    whole.hinge = run_mnist(build, folder, WHOLE_EPOCHS, 0);
    if (pytorch) {
        whole.installed = pytorch_run(false, folder, WHOLE_EPOCHS, 0);
        whole.tuned = pytorch_run(true, folder, WHOLE_EPOCHS, 0);
    }
    for (int r = 0; r < rounds; r++) {
        hinge[r] = run_mnist(build, folder, 1, 1).seconds;
        if (!pytorch)
            continue;
        installed[r] = pytorch_run(false, folder, 1, 1).seconds;
        alone[r] = pytorch_run(false, NULL, 0, 0).seconds;
    }
    whole.hinge_step = median_of(hinge, rounds);
    whole.installed_step = median_of(installed, rounds);
    whole.import_alone = median_of(alone, rounds);
    return whole;
}

/* ---- printing ---- */

static void print_number(bool measured, double number)
{
    if (!measured)
        printf("%9s", "-");
    else if (number > 0)
        printf("%9.*f", number < 100 ? 2 : 0, number);
    else
        printf("%9s", "failed");
}

static void print_line(const char *label, const double number[3], const bool measured[3])
{
    printf("%-44s", label);
    for (int i = 0; i < 3; i++)
        print_number(measured[i], number[i]);
    putchar('\n');
}

void whole_print(const whole *whole, bool pytorch)
{
    const bool all[] = { true, pytorch, pytorch }, two[] = { true, pytorch, false }, one[] = { false, pytorch, false };
    printf("\n%-44s%9s%9s%9s\n", "whole programs, document on 60,000 images", "hinge", "PyTorch", "tuned");
    print_line("two epochs: peak memory, MB",
               (double[]){ whole->hinge.megabytes, whole->installed.megabytes, whole->tuned.megabytes }, all);
    print_line("two epochs: seconds",
               (double[]){ whole->hinge.seconds, whole->installed.seconds, whole->tuned.seconds }, all);
    print_line("one step, start to exit: seconds",
               (double[]){ whole->hinge_step.middle, whole->installed_step.middle, 0 }, two);
    print_line("import torch, start to exit: seconds", (double[]){ 0, whole->import_alone.middle, 0 }, one);
    fflush(stdout);
}
