using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Tests.Deploy;

/// <summary>
/// deploy/compose.yaml with its deploy/.env, in a directory that has the name of the real one, by which the site's containers, networks
/// and volumes are called.
/// </summary>
internal sealed class Site : IDisposable
{
    /// <summary>For the first start, which waits for the database.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What only makes it quicker.</summary>
    private const string Brisk = """
        services:
          silo: &brisk
            stop_grace_period: 3s
            healthcheck:
              interval: 1s
          api: *brisk
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-site-");
    private readonly IReadOnlyDictionary<string, string> _engine;

    /// <param name="engine">The environment that leads to the engine.</param>
    /// <param name="settings">The lines of deploy/.env.</param>
    public Site(IReadOnlyDictionary<string, string> engine, params string[] settings)
    {
        _engine = engine;
        var deploy = _directory.CreateSubdirectory("deploy").FullName;
        foreach (var file in new[] { "compose.yaml", "cluster-store.sql" })
        {
            File.Copy(SourceTree.File($"deploy/{file}"), Path.Combine(deploy, file));
        }
        File.WriteAllLines(Path.Combine(deploy, ".env"), settings);
        File.WriteAllText(Path.Combine(deploy, "compose.override.yaml"), Brisk);
    }

    /// <summary>Runs a command of the Compose that this machine has: Debian's, or Docker's plugin.</summary>
    public Task<string> ComposeAsync(CancellationToken token, params string[] command) => Command.RunAsync(
        "/bin/sh", _engine, Patience, token,
        ["-c", "cd \"$0\" && if command -v docker-compose >/dev/null; then docker-compose \"$@\"; else docker compose \"$@\"; fi", $"{_directory.FullName}/deploy", .. command]);

    public void Dispose() => _directory.Delete(recursive: true);
}
