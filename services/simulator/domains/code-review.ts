import { closedSlot, type Domain, growingSlot, loop, maybe, reads, sends, writes } from "../domain.ts";

/** Reviews pull requests, updates dependencies, publishes previews. */
export const codeReview: Domain = {
  name: "code-review",
  owner: "platform",
  rhythm: { kind: "office", sessionsPerDay: 30 },
  tokens: "hourly",
  subject: "developer",
  slots: {
    developer: closedSlot("developer-{}@example.com", 4),
    pull: growingSlot("pull-{}", 0.9),
    path: growingSlot("src/part-{}.ts", 0.75),
    build: growingSlot("build-{}", 0.9),
    repository: closedSlot("git.example.com/team/repository-{}", 2),
    registry: closedSlot("packages-{}.example.com", 2),
    host: closedSlot("preview-{}.example.net", 3),
  },
  workflows: [
    {
      name: "Review a pull request",
      weight: 5,
      steps: [
        reads("git", "list_changes", "pull"),
        loop(0.65, reads("git", "read_file", "path")),
        maybe(0.4, reads("builds", "read_log", "build")),
        writes("git", "post_review", "pull"),
      ],
    },
    {
      name: "Update dependencies",
      weight: 2,
      steps: [
        reads("git", "read_file", "path"),
        loop(0.5, reads("packages", "list_versions", "registry")),
        writes("git", "push_branch", "repository"),
        writes("git", "open_pull_request", "repository"),
      ],
    },
    {
      name: "Publish a preview",
      weight: 3,
      steps: [
        reads("builds", "read_log", "build"),
        reads("builds", "read_artifact", "build"),
        sends("deployments", "publish", "host"),
        loop(0.3, reads("deployments", "read_status", "host")),
        writes("git", "post_comment", "pull"),
      ],
    },
  ],
};
