namespace HmsOrleans.Grains.Hosts;

/// <summary>Starts that this silo has asked its engine for. They need the host's processors: work that can wait gives way to them.</summary>
internal sealed class StartsUnderWay
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _none = Completed();
    private int _count;

    public void Begin()
    {
        lock (_lock)
        {
            if (_count++ == 0)
            {
                _none = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public void End()
    {
        lock (_lock)
        {
            if (--_count == 0)
            {
                _none.SetResult();
            }
        }
    }

    /// <summary>Waits until there are none, or the time is up.</summary>
    public Task UntilNoneAsync(TimeSpan limit, TimeProvider time)
    {
        lock (_lock)
        {
            return _count == 0 ? Task.CompletedTask : Task.WhenAny(_none.Task, Task.Delay(limit, time));
        }
    }

    private static TaskCompletionSource Completed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
