namespace HmsOrleans.Silo.Cluster;

/// <summary>
/// Remembers over a restart that the cluster could not be joined although its database answers, as when other nodes cannot be
/// reached: the next life is alone for a while and heals, instead of trying again and again and doing nothing else.
/// </summary>
internal sealed class FailedJoin(string dataDirectory, TimeProvider time)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private string Mark => Path.Combine(dataDirectory, "alone");

    /// <summary>Why it could not be joined within the last minute; null when it was not tried, or is to be tried again.</summary>
    public string? Reason => File.Exists(Mark) && time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(Mark) is var age && age >= TimeSpan.Zero && age < Rest
        ? File.ReadAllText(Mark)
        : null;

    /// <summary>Writes it down. Where that cannot be done the next life tries to join again, which must not keep this one from ending.</summary>
    public void Note(string reason)
    {
        try
        {
            File.WriteAllText(Mark, $"the cluster could not be joined: {reason}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{Mark} cannot be written, so the next start tries to join again: {e.Message}");
        }
    }
}
