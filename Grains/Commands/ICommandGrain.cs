namespace HmsOrleans.Grains.Commands;

/// <summary>Takes the commands of one stream of <see cref="CommandStreams.Requests"/>, has each carried out once, and answers. Keyed as the stream.</summary>
[Alias("hms.ICommandGrain")]
public interface ICommandGrain : IGrainWithStringKey;
