/* The result as numbers. Decimal points whatever the locale, as nobody calls setlocale. */
#include <inttypes.h>
#include <math.h>

#include "dying_relu_csv.h"

static void write_number(FILE *stream, double number)
{
    fputc(',', stream);
    if (!isnan(number))
        fprintf(stream, "%.9g", number);
}

static void write_epoch(FILE *stream, const run *run, int number)
{
    const scenario *scenario = &scenarios[run->scenario];
    const run_epoch *epoch = &run->epochs[number];
    const bool last = number == run->last_epoch, thresholds = epoch->thresholds > 0;
    fprintf(stream, "%s,%s,%g,%g,%s,%" PRIu64 ",%d,%s", scenario->network_word, scenario->setting_word,
            scenario->learning_rate, scenario->bias, activation_words[run->activation], run->seed, number,
            last && run->state == RUN_NOT_FINITE ? "not_finite" : "ok");
    write_number(stream, epoch->train_loss);
    write_number(stream, epoch->train_accuracy);
    write_number(stream, last ? run->test_loss : NAN);
    write_number(stream, last ? run->test_accuracy : NAN);
    fprintf(stream, ",%zu,%zu,%zu,%zu,%zu", epoch->units, epoch->dead, epoch->silent, epoch->new_dead, epoch->revived);
    write_number(stream, epoch->zero_share);
    write_number(stream, thresholds ? epoch->threshold_min : NAN);
    write_number(stream, thresholds ? epoch->threshold_mean : NAN);
    write_number(stream, thresholds ? epoch->threshold_max : NAN);
    fputc('\n', stream);
}

void csv_write(FILE *stream, const experiment *experiment)
{
    fputs("network,setting,learning_rate,bias,activation,seed,epoch,state,train_loss,train_accuracy,test_loss,"
          "test_accuracy,units,dead,silent,new_dead,revived,zero_share,threshold_min,threshold_mean,threshold_max\n",
          stream);
    for (size_t i = 0; i < experiment->count; i++) {
        const run *run = &experiment->runs[i];
        for (int epoch = 0; epoch <= run->last_epoch && run->state != RUN_MISSING; epoch++)
            write_epoch(stream, run, epoch);
    }
}
