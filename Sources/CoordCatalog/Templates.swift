/// What `add --new` writes: small, complete, and right as it stands.
enum Templates {
    /// One task for an agent and one for a command.
    static func mission(_ name: String) -> String {
        """
        {
          "id": "\(name)",
          "name": "\(title(name))",
          "description": "What this mission is for, in one sentence.",
          "goal": "What is true when it is done.",
          "agent": "auto",
          "limits": { "maxConcurrency": 2, "budgetUSD": 5 },
          "merge": { "gate": ["git diff --check HEAD~1 HEAD"] },
          "tasks": [
            {
              "id": "first",
              "title": "The first thing",
              "prompt": "Say what shall be different afterwards, where, and how one can tell that it is done."
            },
            {
              "id": "second",
              "title": "What builds on it",
              "prompt": "This one begins when the first has landed, and sees what it did.",
              "deps": ["first"]
            }
          ]
        }

        """
    }

    /// A role with each part that the shipped ones have.
    static func role(_ name: String) -> String {
        """
        ---
        name: \(name)
        description: What this role is for, and when to give it a task, in a sentence or two.
        model: sonnet
        kind: code
        capabilities: [writes-code, reads-tests, runs-tests, reads-docs, git-operations, file-system]
        owns:
          - src/**
        examples:
          - The first task that this role is right for.
          - A second one, of another kind.
          - A small one that takes minutes.
          - A large one that needs care.
          - One that others would get wrong.
        ---

        # \(title(name))

        You are … Say who the agent is, what it is good at, and what it cares about.

        ## Rules

        1. What it always does.
        2. What it never does.

        ## Files

        You own `src/`. Leave the rest to those who own it, and propose a task when something there must change.

        ## What a task for you looks like

        What shall be different afterwards; what must not change; how it is checked.

        ## What you hand over

        What was done, what is left, and what the next one must know.

        """
    }

    /// A skill whose handler runs everywhere.
    static func skill(_ name: String, category: String) -> String {
        """
        {
          "id": "\(name)",
          "name": "\(title(name))",
          "version": "1.0.0",
          "description": "What it does, when to use it, and what it answers.",
          "shortDescription": "What it does, in a few words.",
          "category": "\(category)",
          "tags": ["\(category)"],
          "triggerExamples": [
            "A task that needs this skill",
            "Another way people ask for it",
            "The same in the words of a beginner",
            "The same in the words of an expert",
            "A small part of it"
          ],
          "parameters": {
            "type": "object",
            "properties": {
              "pattern": { "type": "string", "minLength": 1, "description": "What to look for." }
            },
            "required": ["pattern"]
          },
          "sideEffects": [],
          "idempotent": true,
          "requiresConfirmation": false,
          "handler": { "command": ["git", "grep", "-n", "-e", "{{pattern}}"], "timeoutSeconds": 30 }
        }

        """
    }

    private static func title(_ name: String) -> String {
        let words = name.split(whereSeparator: { "-_.".contains($0) }).joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
