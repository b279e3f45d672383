using HmsOrleans.Antagonist.CommandLine;
using HmsOrleans.Antagonist.Faults;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Who has an agent's directory, and since when it is halted.</summary>
public sealed class AgentDirectoryTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("hms-agent-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void One_has_it_and_is_told_from_a_later_process_of_its_number()
    {
        using (AgentDirectory.TryOpen(_path))
        {
            Assert.Null(AgentDirectory.TryOpen(_path));
            Assert.Equal(Processes.MarkOf(Environment.ProcessId), AgentDirectory.Owner(_path));
        }
        using var next = AgentDirectory.TryOpen(_path);
        Assert.NotNull(next);

        File.WriteAllText(Path.Combine(_path, "agent.pid"), $"{Environment.ProcessId} 1");
        Assert.False(Processes.IsThere(AgentDirectory.Owner(_path)!));
    }

    [Fact]
    public void What_cannot_be_locked_for_another_reason_is_no_agents()
    {
        Directory.CreateDirectory(Path.Combine(_path, "agent.lock"));

        Assert.ThrowsAny<Exception>(() => AgentDirectory.TryOpen(_path));
    }

    [Fact]
    public void A_halt_is_remembered()
    {
        using var home = AgentDirectory.TryOpen(_path)!;
        Assert.Null(home.HaltedAt);
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(7);

        AgentDirectory.MarkHalted(_path, at);

        Assert.Equal(at, home.HaltedAt);
    }
}
