/* Says something to people. */
enum severity { LOG_NOTE, LOG_WARNING, LOG_ERROR };

void log_line(enum severity severity, const char *format, ...);
