using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Antagonist.Leases;

/// <summary>
/// The faults that are there or may be there, one file each. It is on the disk before a fault is, and until after it is gone: whatever ends
/// the agent, a later one finds what is left to undo.
/// </summary>
internal sealed partial class LeaseBook
{
    private const string Extension = ".lease";

    private readonly string _directory;
    private readonly ILogger<LeaseBook> _logger;

    /// <param name="directory">Made where it is missing.</param>
    /// <param name="logger">Told of files that cannot be read.</param>
    public LeaseBook(string directory, ILogger<LeaseBook> logger)
    {
        (_directory, _logger) = (directory, logger);
        Directory.CreateDirectory(directory);
    }

    /// <summary>What could not be read, so that it is not undone; null when there is none such.</summary>
    public string? Trouble { get; private set; }

    /// <summary>All leases. A file that is none is renamed to .broken and reported: it must not keep the others from being undone. One that cannot be read now stays for a later life.</summary>
    public ImmutableArray<Lease> Read()
    {
        var leases = ImmutableArray.CreateBuilder<Lease>();
        foreach (var file in Directory.EnumerateFiles(_directory, $"*{Extension}").Order(StringComparer.Ordinal).ToList())
        {
            try
            {
                leases.Add(JsonSerializer.Deserialize(File.ReadAllBytes(file), LeaseJson.Default.Lease) ?? throw new JsonException("it is empty"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Trouble = $"{file} cannot be read: {e.Message}";
                LogUnread(file, e.Message);
            }
            catch (Exception e) when (e is JsonException or NotSupportedException)
            {
                Trouble = $"{file} is no lease, what it stood for is not undone: {e.Message}";
                LogBroken(file, e.Message);
                SetAside(file);
            }
        }
        return leases.ToImmutable();
    }

    /// <summary>Returns when the lease is on the disk, in place of an earlier one of its id.</summary>
    public void Write(Lease lease)
    {
        var temporary = FileOf(lease.Id) + ".new"; // of an interrupted write nothing is read: the fault was not there yet
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, lease, LeaseJson.Default.Lease);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, FileOf(lease.Id), overwrite: true);
        // The name is on the disk only when the directory is.
        DirectoryFlush.Flush(_directory);
    }

    /// <summary>The fault is gone.</summary>
    public void Remove(Guid id) => File.Delete(FileOf(id));

    private string FileOf(Guid id) => Path.Combine(_directory, $"{id:N}{Extension}");

    private void SetAside(string file)
    {
        try
        {
            File.Move(file, file + ".broken", overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogBroken(file, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} is no lease, what it stood for is not undone: {Reason}")]
    private partial void LogBroken(string file, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} cannot be read, what it stands for is not undone before the next start: {Reason}")]
    private partial void LogUnread(string file, string reason);
}

/// <summary>How a lease is written; made while this is built, for who reads them is in a hurry.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Lease))]
internal sealed partial class LeaseJson : JsonSerializerContext;
