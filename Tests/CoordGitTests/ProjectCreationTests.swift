import CoordSystem
import Testing

@testable import CoordGit

@Suite("Making a project")
struct ProjectCreationTests {
    @Test("a missing folder becomes a repository with one commit and a clean checkout")
    func missingFolder() throws {
        let place = try Playground()
        let folder = place.root + "/new/todo"
        try Project.create(folder, git: place.tool)
        #expect(try place.git("log", "--format=%s %an", in: folder) == "Start the project coord")
        #expect(try place.git("status", "--porcelain", in: folder) == "")
        #expect(try place.read(folder + "/README.md") == "# todo\n")
        let state = try Project.inspect(folder, git: place.tool)
        #expect(try state.targetBranch(nil, git: place.tool) == "main")
    }

    @Test("the user's own name signs when git knows it")
    func identity() throws {
        let place = try Playground()
        try place.write("[user]\n\tname = Ada L\n\temail = a@l\n", place.root + "/home/.gitconfig")
        try Project.create(place.project, git: place.tool)
        #expect(try place.git("log", "--format=%an <%ae> %cn") == "Ada L <a@l> Ada L")
    }

    @Test("an interrupted start is finished")
    func interrupted() throws {
        let place = try Playground()
        try Files.makeFolder(place.project)
        try place.git("init", "-q", "-b", "main")
        try Project.create(place.project, git: place.tool)
        #expect(try place.git("rev-list", "--count", "HEAD") == "1")
    }

    @Test(
        "a start that was cut short is known from a repository of the user's, and finished",
        arguments: [
            ("mkdir -p .git", true), ("mkdir -p .git && : >.git/coord-project-start.7-1.new", true),
            ("mkdir -p .git && : >.git/coord-project-start", true),
            ("git init -q -b main && : >.git/coord-project-start && echo half >README.md", true),
            ("git init -q -b main && : >.git/coord-project-start && : >README.md.99999999-1.new", true),
            ("git init -q -b main && git commit -q --allow-empty -m x && : >.git/coord-project-start", true),
            ("git init -q -b main", false), ("mkdir -p .git && : >.git/notes", false), ("true", false),
        ])
    func cutShort(command: String, isOurs: Bool) throws {
        let place = try Playground()
        try Files.makeFolder(place.project)
        let identity =
            "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a"
        try place.shell("cd '\(place.project)' && \(identity) && \(command)")
        #expect(try Project.wasInterrupted(place.project) == isOurs)
        guard isOurs else { return }
        try Project.create(place.project, git: place.tool)
        #expect(try !Project.wasInterrupted(place.project))
        #expect(try place.git("rev-list", "--count", "HEAD") == "1")
        #expect(try place.git("status", "--porcelain") == "")
    }

    @Test("a folder with files is not touched")
    func notEmpty() throws {
        let place = try Playground()
        try place.write("mine", "notes.txt")
        #expect(throws: GitError.folderNotEmpty(place.project)) {
            try Project.create(place.project, git: place.tool)
        }
        #expect(try Files.list(place.project) == ["notes.txt"])
        try place.write("mine", place.root + "/p2/README.md")
        #expect(throws: GitError.folderNotEmpty(place.root + "/p2")) {
            try Project.create(place.root + "/p2", git: place.tool)
        }
        #expect(try place.read(place.root + "/p2/README.md") == "mine")
    }

    @Test("a project with commits is never made anew")
    func existing() throws {
        let place = try Playground()
        let head = try place.makeProject()
        #expect(throws: GitError.folderNotEmpty(place.project)) {
            try Project.create(place.project, git: place.tool)
        }
        #expect(try place.head() == head)
    }
}
