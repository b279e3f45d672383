namespace HmsOrleans.Silo.Storage;

/// <summary>Database work beside the turns of the grain that asks for it: SQLite's asynchronous calls block until they are done.</summary>
internal static class BlockingWork
{
    public static Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).Unwrap();
}
