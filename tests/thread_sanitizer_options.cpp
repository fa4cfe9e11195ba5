// What the thread sanitizer goes by in every program of its build; TSAN_OPTIONS in the environment comes
// after it.

extern "C" const char* __tsan_default_options();

/// The first finding ends the program that has it: printed alone, a daemon's would be seen by no test.
extern "C" const char* __tsan_default_options() {
  return "halt_on_error=1:second_deadlock_stack=1";
}
