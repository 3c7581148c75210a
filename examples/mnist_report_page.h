/* The parts of the report's page, each a section in a file of its own. */
#ifndef MNIST_REPORT_PAGE_H
#define MNIST_REPORT_PAGE_H

#include <stdio.h>

#include "mnist_report.h"

void mnist_report_page(FILE *stream, const mnist_report *report); /* all of it */

/* ---- its sections ---- */
void mnist_report_charts(FILE *stream, const mnist_report *report);
void mnist_report_filters(FILE *stream, const mnist_report *report);
void mnist_report_confusion(FILE *stream, const mnist_report *report);
void mnist_report_mistakes(FILE *stream, const mnist_report *report);
void mnist_report_epochs(FILE *stream, const mnist_report *report); /* in numbers */
void mnist_report_network(FILE *stream, const mnist_report *report);

/* Lines of CSS and JavaScript, NULL at the end. */
extern const char *const mnist_report_style[], *const mnist_report_script[];

#endif
