namespace HmsOrleans.Silo.Storage;

/// <summary>The directory of one node, locked while it lives: two nodes on one store would overwrite each other's settings.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    /// <summary>Makes it where it is missing, and locks it. The kernel frees the lock when the process ends, however it ends.</summary>
    /// <exception cref="DataDirectoryException">It cannot be written, or another node has it.</exception>
    public static DataDirectory Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"Hms:DataDirectory {path} cannot be made: {e.Message} Choose another with Hms__DataDirectory.", e);
        }
        try
        {
            return new(path, new FileStream($"{path}/node.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DataDirectoryException($"Hms:DataDirectory {path} cannot be written: {e.Message} Choose another with Hms__DataDirectory.", e);
        }
        catch (IOException e)
        {
            throw new DataDirectoryException($"another node is at work in {path} (Hms:DataDirectory): end it, or choose another directory, host address and ports for this one.", e);
        }
    }

    public void Dispose() => _lock.Dispose();
}

/// <summary>The node has no place for its settings; the message says why and what to do.</summary>
public sealed class DataDirectoryException : Exception
{
    public DataDirectoryException() { }

    public DataDirectoryException(string message) : base(message) { }

    public DataDirectoryException(string message, Exception innerException) : base(message, innerException) { }
}
