import CoordModel
import CoordSystem
import Testing

@testable import CoordProcess

@Suite("Commands that need no shell")
struct PlainCommandTests {
    @Test(
        "a program and its words are taken apart at spaces",
        arguments: [
            ("ls", "ls", []), ("ls -la  src", "ls", ["-la", "src"]), ("/bin/ls .", "/bin/ls", ["."]),
            ("make -j2 CC=gcc all", "make", ["-j2", "CC=gcc", "all"]),
            ("sh -e x.sh", "sh", ["-e", "x.sh"]),
            ("./tool a@b 50% k:v,w+x", "./tool", ["a@b", "50%", "k:v,w+x"]),
        ] as [(String, String, [String])])
    func plain(line: String, name: String, arguments: [String]) throws {
        let folder = try TemporaryFolder()
        for tool in ["tool", "make"] {
            try Files.write(Array("#!/bin/sh\n".utf8), to: folder(tool), permissions: 0o755)
        }
        let command = try #require(
            PlainCommand(line, folder: folder.path, path: "/usr/bin:/bin:" + folder.path))
        #expect(command.name == name && command.arguments == arguments)
        #expect(command.executable.hasPrefix("/") && Files.isExecutable(command.executable))
    }

    @Test(
        "whatever the shell reads otherwise is left to the shell",
        arguments: [
            "", " ", "ls; ls", "ls | ls", "ls > x", "ls $HOME", "ls `ls`", "ls *", "ls a?", "ls [a]", "ls ~",
            "ls 'a'", "ls \"a\"", "ls \\a", "ls # a", "ls &", "ls {a,b}", "! ls", "(ls)", "A=1 ls", "ls\nls",
            "ls\tx", "exec ls", "cd src", ". ls", "true", "exit 3", "nosuchprogram", "/nosuch/program",
            "ls ä",
        ])
    func notPlain(line: String) {
        #expect(PlainCommand(line, folder: "/", path: "/usr/bin:/bin") == nil)
    }

    @Test("without a path nothing is plain, and a folder is no program")
    func noPath() {
        #expect(PlainCommand("ls", folder: "/", path: nil) == nil)
        #expect(PlainCommand("ls", folder: "/", path: "") == nil)
        #expect(PlainCommand("/bin", folder: "/", path: "/bin") == nil)
    }

    @Test("a program is told the name it was called by")
    func name() throws {
        let folder = try TemporaryFolder()
        let child = try ChildProcess.spawn(
            SpawnRequest(
                executable: "/bin/sh", name: "./other", arguments: ["-c", "echo $0 > name"],
                workingFolder: folder.path))
        #expect(child.wait() == .exited(status: 0))
        #expect(try Files.readText(folder("name")) == "./other\n")
    }
}
