/* 0: within; 1: out of range, and said so. */
int check_range(long value, long low, long high);
