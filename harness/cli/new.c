// sockdrill new: a first scenario, to edit.
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char first_scenario[] =
    "scenario \"a server answers each client's hello by name\"\n"
    "tags tcp\n"
    "\n"
    "# The server and its clients run at the same time. A client connects to `greeter`, by name: it waits until\n"
    "# the server listens, and learns the port the kernel picked (that is what :0 asks for).\n"
    "\n"
    "server greeter {\n"
    "  listen tcp 127.0.0.1:0\n"
    "  accept * 3 {                          # three connections, each block on its own\n"
    "    recv \"hello \" line as name          # the next bytes must match; `as` captures\n"
    "    send \"welcome, ${name}\\n\"\n"
    "    recv eof                            # the client closes first\n"
    "  }\n"
    "}\n"
    "\n"
    "client caller * 3 {\n"
    "  connect greeter\n"
    "  send \"hello caller ${index}\\n\" in chunks of 4\n"
    "  recv \"welcome, caller ${index}\\n\"\n"
    "  close\n"
    "  expect state == TIME_WAIT within 1s   # the kernel's own word, after close too\n"
    "}\n"
    "\n"
    "afterwards { expect greeter.accepted == 3 }\n";

enum exit_code command_new(const struct options *options) {
    if (options->path_count != 1) {
        complain("sockdrill new takes one name");
        return EXIT_WRONG;
    }
    const char *name = options->paths[0];
    size_t len = strlen(name);
    struct buffer path = {0}, out = {0};
    buffer_text(&path, name);
    if (len < 6 || strcmp(name + len - 6, ".drill") != 0) buffer_text(&path, ".drill");
    enum exit_code code = EXIT_WRONG;
    if (access(path.data, F_OK) == 0) {
        complain("%s is there already, and is left as it is", path.data);
    } else if (!write_file(path.data, slice_text(first_scenario))) {
        code = EXIT_HARNESS;
    } else {
        buffer_printf(&out, "%s is written. Play it:  sockdrill run %s\n", path.data, path.data);
        print(STDOUT_FILENO, &out);
        code = EXIT_PASSED;
    }
    buffer_fini(&path);
    buffer_fini(&out);
    return code;
}
