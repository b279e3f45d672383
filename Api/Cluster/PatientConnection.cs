using Microsoft.Extensions.Logging;

namespace HmsOrleans.Api.Cluster;

/// <summary>Waits for the cluster as long as it takes, and says so: an API that is started before its nodes is no error.</summary>
internal sealed partial class PatientConnection(TimeProvider time, ILogger<PatientConnection> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Between two lines in the log.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private DateTimeOffset _sayAgainAt;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now >= _sayAgainAt)
        {
            _sayAgainAt = now + Silence;
            LogWaiting(logger, (exception.GetBaseException().Message ?? "").Split('\n')[0]);
        }
        await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "waiting for a node of the cluster: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
