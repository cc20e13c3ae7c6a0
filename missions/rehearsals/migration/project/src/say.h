/* Says something to people: 0 a remark, 1 a warning, 2 an error. */
void say(int level, const char *text);
