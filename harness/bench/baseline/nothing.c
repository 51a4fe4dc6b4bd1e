// What any process costs: started, and ended.
int main(void) { return 0; }
