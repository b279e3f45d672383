using System.Collections.Immutable;
using HmsOrleans.Antagonist.Leases;
using HmsOrleans.Grains.Antagonist;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HmsOrleans.Tests.Antagonist;

/// <summary>Leases on the disk.</summary>
public sealed class LeaseBookTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hms-leases-");

    private LeaseBook Book => new(Path.Combine(_directory.FullName, "book"), NullLogger<LeaseBook>.Instance);

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_lease_is_read_as_it_was_written()
    {
        var lease = Any() with
        {
            Loss = 82.5,
            Run = DateTimeOffset.UnixEpoch.AddTicks(1),
            StopTimeout = TimeSpan.FromSeconds(7),
            Process = new(17, 123),
            Path = new("bpf", 17, "net:[1]", ["iptables"], [new("veth1", 12, true)]),
            Networks = [new("id", "net", ["web"], ["db"], "10.1.1.1", null, ["169.254.1.1"], ImmutableSortedDictionary<string, string>.Empty.Add("a", "b"))],
            File = "/dev/shm/x",
            Score = -5,
        };
        Book.Write(Any() with { Id = lease.Id });
        Book.Write(lease);

        Assert.Equivalent(lease, Assert.Single(Book.Read()), strict: true);
        Book.Remove(lease.Id);
        Book.Remove(lease.Id);
        Assert.Empty(Book.Read());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"Id\":")]
    [InlineData("{\"Id\":\"6f0f0f9e-0000-0000-0000-000000000000\",\"Kind\":\"Sing\"}")]
    public void A_broken_file_is_set_aside_and_the_others_are_read(string text)
    {
        var lease = Any();
        Book.Write(lease);
        var broken = Path.Combine(_directory.FullName, "book", "0.lease");
        File.WriteAllText(broken, text);
        File.WriteAllText(Path.Combine(_directory.FullName, "book", "1.lease.new"), "half");

        Assert.Equal(lease.Id, Assert.Single(Book.Read()).Id);
        Assert.Equal(text, File.ReadAllText(broken + ".broken"));
        Assert.Single(Book.Read());
    }

    [Fact]
    public void A_file_that_cannot_be_read_just_now_stays_and_is_told_of()
    {
        var lease = Any();
        Book.Write(lease);
        // Reading it fails, as of a disk that does.
        var file = File.CreateSymbolicLink(Path.Combine(_directory.FullName, "book", "0.lease"), "/proc/self/mem").FullName;
        var book = Book;

        Assert.Equal(lease.Id, Assert.Single(book.Read()).Id);
        Assert.Contains(file, book.Trouble, StringComparison.Ordinal);
        Assert.NotNull(new FileInfo(file).LinkTarget);
    }

    private static Lease Any() => new()
    {
        Id = Guid.NewGuid(),
        Kind = AttackKind.Freeze,
        ContainerId = "abc",
        Container = "web",
        Since = DateTimeOffset.UnixEpoch,
        Until = DateTimeOffset.UnixEpoch.AddSeconds(5),
    };
}
